"""The tables of credits: the ledger, what teams do with it, bills."""

from hackathon.credits.models.bills import (
    Bill,
    BillCell,
    BillRate,
    BillReject,
    BillRule,
    BillScope,
    Booking,
    Snapshot,
    Source,
)
from hackathon.credits.models.grants import (
    Access,
    CreditRequest,
    CreditState,
    Crossing,
    Hold,
    TeamToken,
)
from hackathon.credits.models.ledger import Account, BudgetMove, Entry, Posting, Quarter, Reading

__all__ = [
    "Access",
    "Account",
    "Bill",
    "BillCell",
    "BillRate",
    "BillReject",
    "BillRule",
    "BillScope",
    "Booking",
    "BudgetMove",
    "CreditRequest",
    "CreditState",
    "Crossing",
    "Entry",
    "Hold",
    "Posting",
    "Quarter",
    "Reading",
    "Snapshot",
    "Source",
    "TeamToken",
]
