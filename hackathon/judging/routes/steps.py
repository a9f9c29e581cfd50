"""What an organizer can press in the cockpit: first what the moment needs, the rest apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import url_for

from hackathon.judging.rules import MARKING, State, Takes, Verb

if TYPE_CHECKING:
    from hackathon.judging.models import Round


@dataclass(frozen=True)
class Step:
    """A button: a link, or (`fields` not None) a form; `counts` what waits behind it, live."""

    label: str
    symbol: str
    url: str
    fields: dict[str, str] | None = None
    confirm: str = ""
    is_primary: bool = False
    counts: int | None = None


@dataclass(frozen=True)
class Steps:
    """Those in sight, at most four, and those in the menu "More"."""

    now: list[Step] = field(default_factory=list)
    rest: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Moment:
    """What decides about a round's buttons beside its state."""

    slug: str
    found: Round
    waiting: int = 0
    """In the late tray."""
    silent: int = 0
    """Projects without a comment."""
    has_record: bool = False
    is_final: bool = False
    may_carry: bool = False


VERBS = {
    Verb.OPEN: (
        "Open judging",
        "player-play",
        "The rubric is locked by the first score. Judges see their lists at once.",
    ),
    Verb.RESUME: ("Go on", "player-play", ""),
    Verb.FREEZE: (
        "Close judging",
        "snowflake",
        (
            "Scores that arrive later go to the late tray. The result record is written now; "
            "nobody else sees it."
        ),
    ),
    Verb.FINALIZE: (
        "Make it final",
        "lock",
        "The results cannot change after this without a second person.",
    ),
}
NOW = {
    State.DRAFT: ("open", "rubric", "plan", "projects"),
    State.OPEN: ("freeze", "papers"),
    State.PAUSED: ("resume", "freeze", "papers"),
    State.FROZEN: ("late", "finalize", "standings"),
    State.FINALIZED: ("reveal", "screens", "carry"),
    State.REVEALED: ("results", "standings"),
}
"""By state, the first thing first."""


def steps_of(moment: Moment) -> Steps:
    """The buttons of a round at a moment."""
    every = _every(moment)
    now = NOW[State(moment.found.state)]
    return Steps(
        now=[every[name] for name in now if name in every],
        rest=[step for name, step in every.items() if name not in now],
    )


def _every(moment: Moment) -> dict[str, Step]:
    """All that can be pressed, in the order of the menu."""
    found, state = moment.found, State(moment.found.state)

    def to(endpoint: str) -> str:
        return url_for(f".{endpoint}", slug=moment.slug, round_id=found.id)

    def link(label: str, symbol: str, endpoint: str, *, is_primary: bool = False) -> Step:
        return Step(label, symbol, to(endpoint), is_primary=is_primary)

    def move(verb: Verb, *, is_primary: bool = True) -> Step:
        label, symbol, warning = VERBS[verb]
        if verb is Verb.FINALIZE and moment.silent:
            has = "project has" if moment.silent == 1 else "projects have"
            warning = f"{moment.silent} {has} no comment from any judge. {warning}"
        fields = {"verb": verb.value}
        return Step(label, symbol, to("move"), fields, warning, is_primary=is_primary)

    is_draft, is_marking = state is State.DRAFT, state in MARKING
    is_chosen = found.takes == Takes.CHOSEN and not moment.is_final
    tray = Step(
        "Late tray", "clock", to("late"), is_primary=bool(moment.waiting), counts=moment.waiting
    )
    publish = Step(
        "Publish the method", "eye", to("publish_method"), {},
        "Everybody who sees the event can then read criteria, weights and the rule.",
    )  # fmt: skip
    results = Step("Results", "trophy", url_for(".results", slug=moment.slug), is_primary=True)
    run_sheet = url_for("home.help_page", reader="organizer", _anchor="day")
    rows: list[tuple[bool, str, Step]] = [
        (is_draft, "open", move(Verb.OPEN)),
        (state is State.PAUSED, "resume", move(Verb.RESUME)),
        (is_marking, "freeze", move(Verb.FREEZE, is_primary=False)),
        (moment.has_record or moment.waiting > 0, "late", tray),
        (state is State.FROZEN, "finalize", move(Verb.FINALIZE, is_primary=not moment.waiting)),
        (state is State.FINALIZED, "reveal", link("Reveal", "trophy", "reveal", is_primary=True)),
        (state is State.REVEALED, "results", results),
        (not moment.has_record, "rubric", link("The rubric", "pencil", "edit")),
        (is_chosen, "projects", link("Projects", "clipboard-check", "projects")),
        (not moment.has_record, "plan", link("Plan", "calendar", "plan")),
        (is_marking, "papers", link("Enter paper", "pencil", "papers")),
        (not is_draft, "sheets", link("Sheets", "clipboard-check", "timetable")),
        (moment.has_record, "standings", link("Standings", "chart-bar", "standings")),
        (is_marking, "standings", link("Look at scores", "eye", "standings")),
        (not is_draft, "screens", link("Projector and audience", "presentation", "screens")),
        (moment.may_carry, "carry", link("Carry the best into a final", "arrow-right", "final")),
        (True, "conflicts", link("Conflicts", "flag", "conflicts")),
        (True, "method", link("Method", "book", "method")),
        (is_draft and found.published_at is None, "publish", publish),
        (
            state in {State.FROZEN, State.FINALIZED},
            "reopen",
            link("Open again", "lock-open", "reopen"),
        ),
        (True, "run", Step("Run sheet", "info-circle", run_sheet)),
        (
            True,
            "another",
            Step("Another round or prize", "plus", url_for(".new", slug=moment.slug)),
        ),
    ]
    return {name: step for is_there, name, step in rows if is_there}
