"""States, stages and the eighteen transitions of a proposal, with their guards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hackathon.shared.errors import Conflict, Invalid, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_BOX = 90
"""Days: the default time box and the longest (G1)."""

FIRST_RESPONSE = 14
"""Days in which a proposed idea gets an answer."""

DECISION = 30
"""Days in which a proposal in review is decided."""

LONGEST_PARK = 180
SHORTEST_REASON = 30
"""Characters that a refusal owes its author (T4)."""

MOST_WORDS = 500
LONGEST_TEXT = 5_000


class State(StrEnum):
    """Where a proposal is; the words are fixed because figures depend on them."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    PROTOTYPING = "prototyping"
    PROTOTYPE_READY = "prototype_ready"
    PILOTING = "piloting"
    PRODUCTION = "production"
    PARKED = "parked"
    STOPPED = "stopped"
    DECLINED = "declined"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        """How it is shown."""
        return self.value.replace("_", " ").capitalize()


class Stage(StrEnum):
    """The four columns of the board."""

    IDEA = "idea"
    PROTOTYPE = "prototype"
    PILOT = "pilot"
    PRODUCTION = "production"


STAGES = {
    State.PROTOTYPING: Stage.PROTOTYPE,
    State.PROTOTYPE_READY: Stage.PROTOTYPE,
    State.PILOTING: Stage.PILOT,
    State.PRODUCTION: Stage.PRODUCTION,
    State.RETIRED: Stage.PRODUCTION,
}

OPEN = frozenset({State.DRAFT, State.PROPOSED, State.IN_REVIEW})
ACTIVE = frozenset({State.ACCEPTED, State.PROTOTYPING, State.PROTOTYPE_READY, State.PILOTING})
LIVING = OPEN | ACTIVE | {State.PARKED}
CLOSED = frozenset(State) - LIVING - {State.PRODUCTION}


def stage_of(state: State, came_from: State | None) -> Stage:
    """The stage of a state; parked, stopped and merged stay where they were."""
    if state in {State.PARKED, State.STOPPED, State.MERGED} and came_from is not None:
        state = came_from
    return STAGES.get(state, Stage.IDEA)


class Source(StrEnum):
    """How a proposal came into the backlog."""

    WINNER = "winner"
    NOMINATED = "nominated"
    IDEA = "idea"


class Who(StrEnum):
    """What a person is to a proposal. A reviewer is a program lead or administrator."""

    AUTHOR = "author"
    LEAD = "team lead"
    OWNER = "outcome owner"
    ORGANIZER = "organizer"
    REVIEWER = "reviewer"


class Verb(StrEnum):
    """What somebody does to a proposal."""

    PROPOSE = "propose"
    REVIEW = "review"
    ACCEPT = "accept"
    DECLINE = "decline"
    RETURN = "return"
    START = "start"
    READY = "ready"
    RECYCLE = "recycle"
    PILOT = "pilot"
    LAUNCH = "launch"
    PARK = "park"
    RESUME = "resume"
    STOP = "stop"
    MERGE = "merge"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    RETIRE = "retire"
    UNMERGE = "unmerge"


@dataclass(frozen=True)
class Transition:
    """One row of the table. `ends` None leads back to where the proposal came from.

    `fields` are what the form asks for; the guards check them.
    """

    number: str
    label: str
    begins: frozenset[State]
    ends: State | None
    who: frozenset[Who]
    fields: tuple[str, ...] = ()
    gate: str = ""


def _row(  # noqa: PLR0917 - the columns of the table, in order
    number: str,
    label: str,
    begins: frozenset[State] | State,
    ends: State | None,
    who: tuple[Who, ...],
    fields: tuple[str, ...] = (),
    gate: str = "",
) -> Transition:
    states = begins if isinstance(begins, frozenset) else frozenset({begins})
    return Transition(number, label, states, ends, frozenset(who), fields, gate)


_A, _L, _O, _G, _R = Who.AUTHOR, Who.LEAD, Who.OWNER, Who.ORGANIZER, Who.REVIEWER
S = State

TRANSITIONS: dict[Verb, Transition] = {
    Verb.PROPOSE: _row("T1", "Propose", S.DRAFT, S.PROPOSED, (_A,)),
    Verb.REVIEW: _row("T2", "Take into review", S.PROPOSED, S.IN_REVIEW, (_R,)),
    Verb.ACCEPT: _row("T3", "Accept", S.IN_REVIEW, S.ACCEPTED, (_O, _R), (), "G1"),
    Verb.DECLINE: _row(
        "T4", "Decline", frozenset({S.PROPOSED, S.IN_REVIEW}), S.DECLINED, (_O, _R),
        ("code", "reason"),
    ),
    Verb.RETURN: _row("T5", "Back to the author", S.IN_REVIEW, S.PROPOSED, (_R,), ("reason",)),
    Verb.START: _row("T6", "Start the prototype", S.ACCEPTED, S.PROTOTYPING, (_L, _O)),
    Verb.READY: _row(
        "T7", "The prototype is ready", S.PROTOTYPING, S.PROTOTYPE_READY, (_L, _O),
        ("link", "measured"),
    ),
    Verb.RECYCLE: _row(
        "T8", "Once more", S.PROTOTYPE_READY, S.PROTOTYPING, (_O, _R), ("reason", "days"), "G2"
    ),
    Verb.PILOT: _row(
        "T9", "Go to pilot", S.PROTOTYPE_READY, S.PILOTING, (_O, _R), ("home_team",), "G2"
    ),
    Verb.LAUNCH: _row(
        "T10", "It is live", S.PILOTING, S.PRODUCTION, (_O, _R),
        ("live_on", "release_url", "monitored_by", "is_ready"), "G3",
    ),
    Verb.PARK: _row("T11", "Park", ACTIVE, S.PARKED, (_O, _G, _R), ("reason", "revisit_on")),
    Verb.RESUME: _row("T12", "Resume", S.PARKED, None, (_O, _R)),
    Verb.STOP: _row(
        "T13", "Stop", ACTIVE | {S.PARKED}, S.STOPPED, (_O, _G, _R),
        ("tried", "learned", "who_should_know", "reuse"),
    ),
    Verb.MERGE: _row("T14", "Merge", LIVING, S.MERGED, (_G, _R), ("target", "reason")),
    Verb.WITHDRAW: _row("T15", "Withdraw", OPEN, S.WITHDRAWN, (_A, _G), ("reason",)),
    Verb.REOPEN: _row(
        "T16", "Reopen", frozenset({S.DECLINED, S.STOPPED, S.WITHDRAWN}), S.PROPOSED, (_G, _R),
        ("reason",),
    ),
    Verb.RETIRE: _row("T17", "Retire", S.PRODUCTION, S.RETIRED, (_O, _R), ("reason",)),
    Verb.UNMERGE: _row("T18", "Take apart again", S.MERGED, None, (_G, _R), ("reason",)),
}  # fmt: skip
"""Research 5.2; whatever is not here is refused. Owners act on their own proposals, so
they may take the gates (product.md); a reviewer may take them in the owner's stead."""

DECLINE_CODES = {
    "no_fit": "Does not fit our goals",
    "not_now": "Not now",
    "no_owner": "Nobody would own it",
    "duplicate": "Is being done elsewhere",
    "too_costly": "Costs more than it brings",
    "data": "Data or licenses do not allow it",
}


@dataclass(frozen=True)
class Case:
    """A proposal as its guards see it. `start` is the first day of its twelve months."""

    state: State
    today: date
    start: date
    came_from: State | None = None
    owner_id: int | None = None
    author_id: int | None = None
    criteria: tuple[str, ...] = ()
    criteria_by_id: int | None = None
    time_box_days: int | None = None
    is_extended: bool = False
    has_link: bool = False
    page_missing: tuple[str, ...] = ()
    may_undo: bool = False


@dataclass(frozen=True)
class Given:
    """What was typed for a transition; only the fields its row names are looked at."""

    reason: str = ""
    code: str = ""
    link: str = ""
    measured: tuple[str, ...] = ()
    days: int | None = None
    home_team: str = ""
    live_on: date | None = None
    release_url: str = ""
    monitored_by: str = ""
    is_ready: bool = False
    revisit_on: date | None = None
    tried: str = ""
    learned: str = ""
    who_should_know: str = ""
    reuse: str = ""
    target: int | None = None


@dataclass(frozen=True)
class Asker:
    """Who asks, as far as a proposal is concerned."""

    person_id: int | None
    roles: frozenset[Who] = field(default_factory=frozenset)


def may(case: Case, verb: Verb, asker: Asker) -> bool:
    """Whether this person may do this to this proposal now, whatever is typed."""
    row = TRANSITIONS[verb]
    if case.state not in row.begins:
        return False
    if verb is Verb.REVIEW and asker.person_id is not None and asker.person_id == case.author_id:
        return False  # nobody reviews the own idea
    if verb is Verb.WITHDRAW and Who.AUTHOR not in asker.roles:
        return Who.ORGANIZER in asker.roles and case.may_undo
    return bool(row.who & asker.roles)


def verbs_of(case: Case, asker: Asker) -> list[Verb]:
    """What this person can do now, in the order of the table."""
    return [verb for verb in TRANSITIONS if may(case, verb, asker)]


def next_state(case: Case, verb: Verb, asker: Asker, given: Given) -> State:
    """The state a transition leads to, once its guards are satisfied.

    Raises:
        Conflict: the transition does not begin here, or something is missing before it.
        NotAllowed: it is not this person's to do.
        Invalid: a field that breaks its rule.
    """
    row = TRANSITIONS[verb]
    if case.state not in row.begins:
        raise Conflict(
            "wrong_state",
            f"The proposal is {case.state.label.lower()}; “{row.label}” does not begin there. "
            "Nothing was changed.",
            state=case.state.value,
        )
    if not may(case, verb, asker):
        who = " or ".join(sorted(row.who))
        raise NotAllowed("not_yours", f"That is for the {who}; nothing was changed.")
    if verb in _GUARDS:
        _GUARDS[verb](case, given)
    if row.ends is not None:
        return row.ends
    if case.came_from is None:
        raise Conflict("no_way_back", "It is not known where it came from; nothing was changed.")
    return case.came_from


# --- guards ---------------------------------------------------------------------------


def _filled(text: str, field_name: str, message: str, least: int = 3) -> str:
    if len(text.strip()) < least:
        raise Invalid(field_name, message, field=field_name)
    return text.strip()


def _reason(_case: Case, given: Given) -> None:
    _filled(given.reason, "reason", "Say why, in a few words; others will read it.")


def _page(case: Case, _given: Given) -> None:
    if case.page_missing:
        missing = ", ".join(case.page_missing)
        raise Conflict("page", f"The page is not complete yet; missing: {missing}.")


def _accept(case: Case, _given: Given) -> None:
    missing = []
    if case.owner_id is None:
        missing.append("an outcome owner")
    if not case.criteria or case.criteria_by_id != case.owner_id:
        missing.append("success criteria set by the outcome owner")
    if case.time_box_days is None:
        missing.append("a time box")
    if missing:
        raise Conflict(
            "not_ready",
            f"To be accepted it still needs {' and '.join(missing)}. Nothing was changed.",
        )


def _decline(_case: Case, given: Given) -> None:
    if given.code not in DECLINE_CODES:
        raise Invalid("code", "Choose a reason.", field="code")
    _filled(
        given.reason,
        "reason",
        f"Tell the authors why, in at least {SHORTEST_REASON} characters; they will read it.",
        SHORTEST_REASON,
    )


def _ready(case: Case, given: Given) -> None:
    if given.link:
        check_link(given.link, "link")
    elif not case.has_link:
        raise Invalid("link", "Link the repository or the demo.", field="link")
    if len(given.measured) != len(case.criteria) or not all(given.measured):
        raise Invalid(
            "measured",
            f"Give a measured value for each of the {len(case.criteria)} criteria, one a line.",
            field="measured",
        )


def _recycle(case: Case, given: Given) -> None:
    _reason(case, given)
    if case.is_extended:
        raise Conflict(
            "extended", "It had its one extension. Go to pilot, park it or stop it instead."
        )
    check_time_box(given.days, "days")


def _pilot(_case: Case, given: Given) -> None:
    _filled(given.home_team, "home_team", "Name the team that will run it.")


def _launch(case: Case, given: Given) -> None:
    if given.live_on is None:
        raise Invalid("live_on", "Since when is it live?", field="live_on")
    if given.live_on > case.today:
        raise Invalid("live_on", "The day it went live cannot lie in the future.", field="live_on")
    if given.live_on < case.start:
        raise Invalid("live_on", "It cannot have gone live before it began.", field="live_on")
    _filled(given.release_url, "release_url", "Link the release.")
    check_link(given.release_url, "release_url")
    _filled(given.monitored_by, "monitored_by", "Who watches over it?")
    if not given.is_ready:
        raise Invalid(
            "is_ready", "Confirm that monitoring, tests and a way back are in place.",
            field="is_ready",
        )  # fmt: skip


def _park(case: Case, given: Given) -> None:
    _reason(case, given)
    day = given.revisit_on
    if day is None or not case.today < day <= case.today + timedelta(days=LONGEST_PARK):
        raise Invalid(
            "revisit_on", f"Choose a day within {LONGEST_PARK} days to look again.",
            field="revisit_on",
        )  # fmt: skip


def _stop(_case: Case, given: Given) -> None:
    _filled(given.tried, "tried", "What was tried? The learning card needs it.")
    _filled(given.learned, "learned", "What was learned? The learning card needs it.")
    _filled(given.who_should_know, "who_should_know", "Who should know?")


_GUARDS: dict[Verb, Callable[[Case, Given], None]] = {
    Verb.PROPOSE: _page,
    Verb.ACCEPT: _accept,
    Verb.DECLINE: _decline,
    Verb.RETURN: _reason,
    Verb.READY: _ready,
    Verb.RECYCLE: _recycle,
    Verb.PILOT: _pilot,
    Verb.LAUNCH: _launch,
    Verb.PARK: _park,
    Verb.STOP: _stop,
    Verb.MERGE: _reason,
    Verb.WITHDRAW: _reason,
    Verb.REOPEN: _reason,
    Verb.RETIRE: _reason,
    Verb.UNMERGE: _reason,
}


# --- values ---------------------------------------------------------------------------


def check_link(text: str, field_name: str) -> str:
    """A link that is http(s) with a host; it is shown, never fetched."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(map(str.isspace, text)):
        raise Invalid("link", "A link begins with http:// or https://.", field=field_name)
    return text


def check_time_box(days: int | None, field_name: str = "time_box_days") -> int:
    """A time box of 1 to 90 days."""
    if days is None or not 1 <= days <= LONGEST_BOX:
        raise Invalid("time_box", f"A time box has 1 to {LONGEST_BOX} days.", field=field_name)
    return days


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a text that say something."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def parse_day(text: str, field_name: str) -> date | None:
    """A day as typed (`2026-11-22`); None when nothing was.

    Raises:
        Invalid: not a day.
    """
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("day", "Give a day like 2026-11-22.", field=field_name) from None


PAGE = ("title", "problem", "approach", "impact", "needs")
"""The fields of the one page, in its order."""


@dataclass(frozen=True)
class Page:
    """The one page of a proposal."""

    title: str = ""
    problem: str = ""
    approach: str = ""
    impact: str = ""
    needs: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What it still lacks."""
        return tuple(name for name in PAGE if not getattr(self, name))


def check_page(page: Page) -> Page:
    """A page with a title and at most 500 words."""
    _filled(page.title, "title", "Give it a title.", 1)
    if len(page.title) > 120:  # noqa: PLR2004 - as a project's card
        raise Invalid("title", "A title has at most 120 characters.", field="title")
    words = sum(len(getattr(page, name).split()) for name in PAGE)
    if words > MOST_WORDS:
        raise Invalid(
            "too_long", f"One page has at most {MOST_WORDS} words; this has {words}.",
            field="problem",
        )  # fmt: skip
    return page
