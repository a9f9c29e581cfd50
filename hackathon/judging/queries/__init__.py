"""Reads of judging, by noun: rounds and seats, the ledger of marks, results, boards."""
