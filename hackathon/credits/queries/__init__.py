"""Reads of credits: the ledger, the board, a team's statement."""
