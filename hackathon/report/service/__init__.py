"""Writes of the report: signing a quarter off, surveys."""
