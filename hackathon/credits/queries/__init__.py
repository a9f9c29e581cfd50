"""Reads of credits: the ledger, the board, a team's statement."""

from hackathon.credits.queries import readiness

__all__ = ["readiness"]
