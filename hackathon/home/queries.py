"""What a person's home shows: one sentence, what needs them, and the event that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hackathon.backlog.models import FurtherWish, Proposal
from hackathon.backlog.queries.figures import overdue_of
from hackathon.backlog.queries.wishes import is_waiting
from hackathon.credits.models import Posting
from hackathon.credits.queries.lines import lines_of, row_name
from hackathon.credits.rules import CURRENCY
from hackathon.events.models import Registration
from hackathon.events.queries import EventRow, events_for, phase_of
from hackathon.events.queries.agenda import ahead_of
from hackathon.events.queries.readiness import readiness_of
from hackathon.events.rules import Phase
from hackathon.judging.models import Mark
from hackathon.judging.queries.glance import Glance, glances
from hackathon.judging.rules import MARKING, State
from hackathon.projects.queries import ProjectRow, project_rows
from hackathon.projects.rules import LABELS
from hackathon.shared import facts, jobs, mail
from hackathon.shared.clock import now
from hackathon.shared.money import Micros, whole_money
from hackathon.shared.show import ago, day
from hackathon.shared.web import Banner
from hackathon.teams.models import Membership
from hackathon.teams.queries import own_requests, suggestions, team_rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.events.queries.agenda import Ahead
    from hackathon.events.queries.readiness import Readiness
    from hackathon.people.rules import Actor
    from hackathon.shared.metrics import Sample
    from hackathon.teams.queries import Suggestion

RUNNING = (Phase.JUDGING, Phase.HACKING, Phase.RESULTS, Phase.REGISTRATION)
"""The event in focus is the first of these; results wait for the winners' follow-up."""
FORMING = {Phase.REGISTRATION, Phase.HACKING}


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere."""

    text: str
    endpoint: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Number:
    """A figure of the event in focus; it links to the rows behind it."""

    key: str
    label: str
    value: str
    detail: str
    endpoint: str
    unit: str | None = None
    """The currency that the page behind it shows; None for its usual."""


@dataclass
class Home:
    """A home: the sentence is computed from the needs below it."""

    events: list[EventRow]
    focus: EventRow | None = None
    needs: list[Link] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    deadline: tuple[str, datetime] | None = None
    fits: list[Suggestion] = field(default_factory=list)
    asked: set[int] = field(default_factory=set)
    """The teams that fit a lone participant best, and those they have asked already."""
    banners: list[tuple[Banner, str]] = field(default_factory=list)
    """Whether judging is paused, and the event's name, of each event that may be."""
    ahead: Ahead | None = None
    readiness: Readiness | None = None

    @property
    def sentence(self) -> str:
        """All clear, or how many things need the person."""
        if not self.needs:
            return "All clear: nothing needs you now."
        count = len(self.needs)
        return f"{count} thing{'' if count == 1 else 's'} need{'s' if count == 1 else ''} you."

    def need(self, text: str, endpoint: str, **values: object) -> None:
        """One more thing that needs the person."""
        self.needs.append(Link(text, endpoint, values))


@dataclass(frozen=True)
class _Counts:
    terms: dict[int, int | None]
    alone: int
    roles: dict[int, str] = field(default_factory=dict)


def home_of(session: Session, actor: Actor) -> Home:
    """The home of a person; six statements, six more when an event is in focus."""
    rows = events_for(session, actor)
    person_id = actor.person_id or 0
    judging = [
        row.event.id
        for row in rows
        if row.phase is Phase.JUDGING
        and (actor.organizes(row.event.id) or actor.event_roles.get(row.event.id))
    ]
    is_judging = any(row.phase is Phase.JUDGING for row in rows)
    rounds = glances(session, judging, person_id) if is_judging else []
    seats = {found.event_id for found in rounds if found.is_judge}
    mine = [
        row
        for row in rows
        if actor.organizes(row.event.id)
        or actor.event_roles.get(row.event.id)
        or row.event.id in seats
    ]
    running = [row for phase in RUNNING for row in mine if row.phase is phase]
    running.sort(key=lambda row: row.event.is_rehearsal)  # a real event has the focus
    home = Home(events=mine, focus=running[0] if running else None)
    reasons = {found.event_id: found.reason for found in rounds if found.state is State.PAUSED}
    home.banners = [
        (Banner(event.slug, event.id in reasons, reasons.get(event.id, "")), event.name)
        for event in (row.event for row in mine if row.phase in {Phase.JUDGING, Phase.HACKING})
    ]
    for late in overdue_of(session, person_id):
        home.need(
            f"{late.title}: {late.what}, due {day(late.due_on)}",
            "backlog.proposal",
            proposal_id=late.proposal_id,
        )
    is_forming = any(row.phase in FORMING for row in mine)
    counts = _counts(session, person_id, home.focus) if is_forming else _Counts({}, 0)
    for row in mine:
        _ask(home, row, actor, counts)
    _judge(home, rounds)
    if home.focus is not None:
        event = home.focus.event
        home.ahead = ahead_of(
            session, event.id, actor.zone or event.zone, now(), is_own=bool(actor.zone)
        )
        if actor.organizes(home.focus.event.id):
            _organize(session, home, home.focus, rounds, counts)
        elif actor.takes_part(home.focus.event.id):
            _take_part(session, home, home.focus, person_id, counts)
    return home


def row_of(session: Session, event: Event) -> EventRow:
    """An event as a home lists it."""
    people = select(func.count()).select_from(Registration).filter_by(event_id=event.id)
    return EventRow(event, phase_of(session, event), session.scalar(people) or 0)


def alone_in(session: Session, row: EventRow) -> int:
    """How many registered people have no team."""
    return _counts(session, 0, row).alone


def _counts(session: Session, person_id: int, focus: EventRow | None) -> _Counts:
    """The terms a person accepted, and how many in the focus have no team; one statement."""
    in_team = select(Membership.person_id).filter_by(
        event_id=focus.event.id if focus else 0, left_at=None
    )
    alone = (
        select(func.count())
        .select_from(Registration)
        .where(
            Registration.event_id == (focus.event.id if focus else 0),
            Registration.person_id.not_in(in_team),
        )
        .scalar_subquery()
    )
    lone = select(alone.label("alone")).subquery()
    rows = session.execute(
        select(lone.c.alone, Registration.event_id, Registration.terms_version, Registration.role)
        .select_from(lone)
        .outerjoin(Registration, Registration.person_id == person_id)
    ).all()
    mine = [row for row in rows if row.event_id is not None]
    terms = {row.event_id: row.terms_version for row in mine}
    return _Counts(terms, rows[0].alone, {row.event_id: row.role for row in mine})


def _ask(home: Home, row: EventRow, actor: Actor, counts: _Counts) -> None:
    event = row.event
    if actor.organizes(event.id) and row.phase is Phase.DRAFT:
        home.need(
            f"{event.name} is still in draft: publish it.", "events.settings", slug=event.slug
        )
    if actor.organizes(event.id) and row.phase is Phase.REGISTRATION and row.people == 0:
        home.need(
            f"Nobody has joined {event.name} yet: share the link.",
            "events.settings",
            slug=event.slug,
        )
    asked = event.id in counts.terms and event.terms
    is_open = row.phase in FORMING
    if asked and is_open and counts.terms[event.id] != event.terms_version:
        home.need(f"Accept the text of {event.name}.", "events.terms", slug=event.slug)


def _judge(home: Home, rounds: list[Glance]) -> None:
    slugs = {row.event.id: row.event.slug for row in home.events}
    for found in rounds:
        rest = found.own_of - found.own_done
        if found.is_judge and rest and found.state is State.OPEN and found.event_id in slugs:
            home.need(
                f"Score {rest} more project{'' if rest == 1 else 's'} in {found.name}.",
                "judging.my_list",
                slug=slugs[found.event_id],
                round_id=found.round_id,
            )


def numbers_of(session: Session, row: EventRow, rounds: list[Glance], alone: int) -> list[Number]:
    """An organizer's figures of an event; at most five statements."""
    event, found = row.event, []
    if row.phase in FORMING:
        detail = f"of {row.people} people"
        found.append(Number("alone", "Without a team", str(alone), detail, "teams.index"))
    if row.phase is Phase.HACKING:
        cards = project_rows(session, event)
        rest = [card for card in cards if card.status in {"incomplete", "nothing yet"}]
        detail = f"of {len(cards)} teams"
        found.append(
            Number("cards", "Nothing complete yet", str(len(rest)), detail, "projects.index")
        )
    found += [
        Number(
            f"round:{one.round_id}",
            f"Sheets in {one.name}",
            f"{one.done} of {one.of}",
            "paused" if one.state is State.PAUSED else "judging is open",
            "judging.index",
        )
        for one in rounds
        if one.event_id == event.id and one.state in MARKING
    ]
    for unit, lines in lines_of(session, event.id).items():
        granted = Micros(sum(line.granted for line in lines))
        used = Micros(sum(line.used for line in lines))
        moments = [line.fresh.through for line in lines if line.fresh.through is not None]
        if granted:
            age = f"seen {ago(min(moments))}" if moments else "no data yet"
            detail = f"of {whole_money(granted, unit)} granted, {age}"
            value = whole_money(used, unit) if moments else "?"
            name = row_name("credits", unit)
            other = unit if unit != CURRENCY else None
            label = f"Credits used, {other}" if other else "Credits used"
            found.append(Number(name, label, value, detail, "credits.index", other))
    if row.phase is Phase.RESULTS and not event.is_rehearsal:
        promoted, asking = _going_on(session, event.id)
        detail = f"{asking} more ask to go on" if asking else "from this event"
        found.append(
            Number("promoted", "Winners in the backlog", str(promoted), detail, "backlog.promote")
        )
    return found


def _going_on(session: Session, event_id: int) -> tuple[int, int]:
    """How many projects are in the backlog, and how many teams wait for an answer."""
    there = select(func.count()).select_from(Proposal).where(Proposal.event_id == event_id)
    asking = select(func.count()).select_from(FurtherWish).where(*is_waiting(event_id))
    row = session.execute(select(there.scalar_subquery(), asking.scalar_subquery())).one()
    return row[0], row[1]


def _organize(
    session: Session, home: Home, row: EventRow, rounds: list[Glance], counts: _Counts
) -> None:
    event = row.event
    home.readiness = readiness_of(session, event, row.phase)
    if row.phase is Phase.HACKING:
        home.deadline = ("Submissions close", event.submissions_close_at)
    for found in rounds:
        if found.event_id == event.id:
            _follow_round(home, row, found)
    home.numbers = numbers_of(session, row, rounds, counts.alone)
    if any(number.key == "promoted" and number.value == "0" for number in home.numbers):
        home.need(
            f"Take the winners of {event.name} into the backlog.",
            "backlog.promote",
            slug=event.slug,
        )


def _follow_round(home: Home, row: EventRow, found: Glance) -> None:
    where = {"slug": row.event.slug, "round_id": found.round_id}
    words = {
        State.DRAFT: f"Open {found.name}: projects and judges are waiting.",
        State.FROZEN: f"Look at the result record of {found.name} and make it final.",
        State.FINALIZED: f"Reveal the results of {found.name}.",
    }
    if found.state in words:
        home.need(words[found.state], "judging.cockpit", **where)


def _take_part(
    session: Session, home: Home, row: EventRow, person_id: int, counts: _Counts
) -> None:
    event = row.event
    rows = project_rows(session, event, person_id=person_id)
    own = rows[0] if rows else None
    if row.phase is Phase.HACKING:
        home.deadline = ("Submissions close", event.submissions_close_at)
    if own is None:
        if row.phase in FORMING:
            home.need(f"Find a team in {event.name}, or make one.", "teams.index", slug=event.slug)
            teams = team_rows(session, event.id)
            home.fits = suggestions(teams, counts.roles.get(event.id, ""))
            home.asked = own_requests(session, event.id, person_id) if home.fits else set()
        return
    home.numbers.append(
        Number("team", "Your team", own.team.name, _card_words(own), "projects.index")
    )
    if row.phase is Phase.HACKING and own.card.missing:
        missing = ", ".join(LABELS[name] for name in own.card.missing[:2])
        home.need(
            f"Finish your project card: {missing}{' …' if len(own.card.missing) > 2 else ''}",  # noqa: PLR2004 - two are named
            "projects.edit",
            slug=event.slug,
            team_id=own.team.id,
        )
    until = own.project.reopened_until if own.project else None
    if row.phase is not Phase.HACKING and until is not None and until > now():
        home.need(
            "Your project card is open again for a while: finish it.",
            "projects.edit",
            slug=event.slug,
            team_id=own.team.id,
        )
    for unit, (line,) in lines_of(session, event.id, own.team.id).items():
        if line.granted:
            age = f"seen {ago(line.fresh.through)}" if line.fresh.through else "no data yet"
            home.numbers.append(
                Number(row_name("credits", unit), "Credits left", whole_money(line.rest, unit),
                       f"of {whole_money(line.granted, unit)}, {age}", "credits.index",
                       unit if unit != CURRENCY else None)
            )  # fmt: skip
    if row.phase is Phase.RESULTS:
        home.need(f"Read the results of {event.name}.", "judging.results", slug=event.slug)


def _card_words(own: ProjectRow) -> str:
    words = {"submitted": "project card complete", "nothing yet": "no project card yet"}
    return words.get(own.status, f"project card {own.status}")


def samples(session: Session) -> list[Sample]:
    """What is watched in the database, for all processes; it names nobody and shows no mark."""
    facts_behind, seconds_behind = jobs.behind(session)
    return [
        ("hackathon_facts_total", "counter", "Facts recorded.", facts.last_position(session)),
        ("hackathon_marks_total", "counter", "Marks kept.", _count(session, Mark)),
        (
            "hackathon_postings_total",
            "counter",
            "Postings of the ledger.",
            _count(session, Posting),
        ),
        ("hackathon_mails_waiting", "gauge", "Mails to be sent.", mail.waiting(session)),
        ("hackathon_jobs_behind_facts", "gauge", "Facts that wait for the jobs.", facts_behind),
        ("hackathon_jobs_behind_seconds", "gauge", "Age of the oldest of these.", seconds_behind),
    ]


def _count(session: Session, table: type[Mark | Posting]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def database_answers(session: Session) -> bool:
    """Whether the database can be read."""
    return session.scalar(select(func.count()).select_from(Registration)) is not None
