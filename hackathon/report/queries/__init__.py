"""Reads of the report: quarters, surveys, certificates."""
