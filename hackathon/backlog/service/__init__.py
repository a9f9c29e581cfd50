"""Use cases of the backlog, by noun."""
