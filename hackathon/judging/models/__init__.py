"""Rounds, rubrics, seats, visits, the ledger of marks, the late tray, result records."""

from hackathon.judging.models.base import Receipt
from hackathon.judging.models.ledger import Correction, Feedback, LateMark, Mark, Visit, VisitStep
from hackathon.judging.models.results import AudienceVote, Award, ResultRecord, ResultRow
from hackathon.judging.models.rounds import (
    CriterionRow,
    DeclaredConflict,
    Final,
    JudgeAbsence,
    Pitch,
    Reopening,
    Round,
    RubricVersion,
    Seat,
    StageToken,
    WaitingScreen,
)

__all__ = [
    "AudienceVote",
    "Award",
    "Correction",
    "CriterionRow",
    "DeclaredConflict",
    "Feedback",
    "Final",
    "JudgeAbsence",
    "LateMark",
    "Mark",
    "Pitch",
    "Receipt",
    "Reopening",
    "ResultRecord",
    "ResultRow",
    "Round",
    "RubricVersion",
    "Seat",
    "StageToken",
    "Visit",
    "VisitStep",
    "WaitingScreen",
]
