"""Reads of the backlog, by noun."""
