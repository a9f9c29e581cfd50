"""Rules of the backlog: states, the eighteen transitions with their guards, the one page."""

from hackathon.backlog.rules.guards import (
    DECLINE_CODES,
    Asker,
    Case,
    Given,
    next_state,
    verbs_of,
)
from hackathon.backlog.rules.states import (
    ACTIVE,
    CLOSED,
    LIVING,
    OPEN,
    Source,
    Stage,
    State,
    stage_of,
)
from hackathon.backlog.rules.transitions import (
    TRANSITIONS,
    Verb,
    Who,
)
from hackathon.backlog.rules.values import (
    DECISION,
    FIRST_RESPONSE,
    LONGEST_BOX,
    LONGEST_TEXT,
    Page,
    check_page,
    check_time_box,
    lines_of,
    parse_day,
)

__all__ = [
    "ACTIVE",
    "CLOSED",
    "DECISION",
    "DECLINE_CODES",
    "FIRST_RESPONSE",
    "LIVING",
    "LONGEST_BOX",
    "LONGEST_TEXT",
    "OPEN",
    "TRANSITIONS",
    "Asker",
    "Case",
    "Given",
    "Page",
    "Source",
    "Stage",
    "State",
    "Verb",
    "Who",
    "check_page",
    "check_time_box",
    "lines_of",
    "next_state",
    "parse_day",
    "stage_of",
    "verbs_of",
]
