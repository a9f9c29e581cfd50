"""Who may do what to a proposal now, and what each transition asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hackathon.backlog.rules.transitions import TRANSITIONS, Verb, Who
from hackathon.backlog.rules.values import check_filled, check_link, check_time_box
from hackathon.shared.errors import Conflict, Invalid, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from hackathon.backlog.rules.states import State

LONGEST_PARK = 180
SHORTEST_REASON = 30
"""Characters that a refusal owes its author (T4)."""

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


def _reason(_case: Case, given: Given) -> None:
    check_filled(given.reason, "reason", "Say why, in a few words; others will read it.")


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
    check_filled(
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
    check_filled(given.home_team, "home_team", "Name the team that will run it.")


def _launch(case: Case, given: Given) -> None:
    if given.live_on is None:
        raise Invalid("live_on", "Since when is it live?", field="live_on")
    if given.live_on > case.today:
        raise Invalid("live_on", "The day it went live cannot lie in the future.", field="live_on")
    if given.live_on < case.start:
        raise Invalid("live_on", "It cannot have gone live before it began.", field="live_on")
    check_filled(given.release_url, "release_url", "Link the release.")
    check_link(given.release_url, "release_url")
    check_filled(given.monitored_by, "monitored_by", "Who watches over it?")
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
    check_filled(given.tried, "tried", "What was tried? The learning card needs it.")
    check_filled(given.learned, "learned", "What was learned? The learning card needs it.")
    check_filled(given.who_should_know, "who_should_know", "Who should know?")


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
