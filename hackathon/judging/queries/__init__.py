"""Reads of judging, by noun: rounds and seats, the ledger of marks, results, boards."""

from hackathon.judging.queries import days

__all__ = ["days"]
