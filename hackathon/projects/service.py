"""Projects are saved, reopened, withdrawn. Each change is a fact on `event:<id>`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.events.queries import phase_of
from hackathon.events.rules import Phase, check_phase, check_reason
from hackathon.people.rules import check_organizes
from hackathon.projects import queries, rules
from hackathon.projects.models import Challenge, Project, ProjectVersion
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import note, record
from hackathon.shared.show import local_time
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def _say(session: Session, actor: Actor, event_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    record(session, stream=f"event:{event_id}", kind=kind, actor_id=actor.person_id, **body)


@dataclass(frozen=True)
class Saved:
    """What became of a card: its project and version, and whether anything was new."""

    project_id: int
    version: int
    is_complete: bool
    changed: bool


def save_card(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    values: Mapping[str, object],
    version: int,
) -> Saved:
    """Save a card as a new version; the same text again is no new version.

    Args:
        session: An open transaction.
        actor: A member of the team.
        event_id: The event of the team.
        team_id: Whose card.
        values: The card's fields as typed.
        version: The number of the version the writer saw (0 for none).

    Raises:
        NotAllowed: not a member of the team.
        Conflict: somebody saved first, submissions are closed, or not in hacking.
        Invalid: a field that breaks its rule.
    """
    event = _held(session, event_id, team_id)
    rules.check_may_edit(is_member=queries.is_member(session, team_id, actor.person_id))
    card = rules.check_card(values)
    project = queries.project_of_team(session, team_id)
    _check_time(session, event, project, now())
    return _save(session, actor, event_id, team_id, project, card, version)


def mend_card(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    values: Mapping[str, object],
    version: int,
    reason: str,
) -> Saved:
    """Type into a team's card: organizers, with a reason that the team reads.

    It is a version like any other, within the team's own time. Where a file brought the card
    and it counts although it leaves fields open, what is mended counts as well, unless it
    empties one more.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such team.
        Conflict: somebody saved first, the team's time is over, or the project is out.
        Invalid: a field that breaks its rule, or no reason.
    """
    check_organizes(actor, event_id)
    event = _held(session, event_id, team_id)
    card, why = rules.check_card(values), check_reason(reason)
    project = queries.project_of_team(session, team_id)
    moment = now()
    if moment >= queries.deadline(event, project):
        raise Conflict(
            "closed",
            "Submissions are closed, so nothing was saved; what you typed stays on this page. "
            "Reopen the project for its team first: then you can save as well.",
        )
    if project is None or project.reopened_until is None:
        check_phase(phase_of(session, event, moment), *rules.MENDING)
    _check_in(project)
    saved = _save(session, actor, event_id, team_id, project, card, version, is_mended=True)
    if saved.changed:
        _say(
            session, actor, event_id, "project.mended",
            project=saved.project_id, version=saved.version, reason=note(session, why),
        )  # fmt: skip
    return saved


def _held(session: Session, event_id: int, team_id: int) -> Event:
    """The event of a living team, which is held until the commit."""
    event = session.get(Event, event_id)
    team = lock(session, Team, id=team_id, event_id=event_id)
    if event is None or team is None or team.archived_at is not None:
        raise NotFound("no_such_team", "This event has no such team.")
    return event


def _save(  # noqa: PLR0917 - a card and where it goes
    session: Session,
    actor: Actor,
    event_id: int,
    team_id: int,
    project: Project | None,
    card: rules.Card,
    version: int,
    *,
    is_mended: bool = False,
) -> Saved:
    present = queries.newest(session, project) if project else None
    theirs = rules.read_card(present.card) if present else rules.Card()
    if present is not None and present.card == card.as_text() and project is not None:
        return Saved(project.id, project.version, present.is_complete, changed=False)
    rules.check_version(version, project.version if project else 0, theirs=theirs)
    project = project or _new_project(session, event_id, team_id)
    counted = is_mended and present is not None and present.is_complete
    is_complete = card.is_complete or (counted and set(card.missing) <= set(theirs.missing))
    _add_version(session, actor, project, card, now(), is_complete=is_complete)
    return Saved(project.id, project.version, is_complete, changed=True)


def _new_project(session: Session, event_id: int, team_id: int) -> Project:
    project = Project(event_id=event_id, team_id=team_id, version=0)
    session.add(project)
    session.flush()
    return project


def _add_version(
    session: Session,
    actor: Actor,
    project: Project,
    card: rules.Card,
    moment: datetime,
    *,
    is_complete: bool,
) -> None:
    project.version += 1
    session.add(
        ProjectVersion(
            project_id=project.id,
            number=project.version,
            title=card.title,
            card=card.as_text(),
            is_complete=is_complete,
            saved_at=moment,
            saved_by_id=actor.person_id,
        )
    )
    session.flush()
    _say(
        session,
        actor,
        project.event_id,
        "project.saved",
        project=project.id,
        version=project.version,
        complete=is_complete,
    )


@dataclass(frozen=True)
class Brought:
    """What became of a project from a file."""

    project_id: int
    created: bool
    changed: bool


def bring_card(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    values: Mapping[str, str],
    key: str | None = None,
    challenge_id: int | None = None,
) -> Brought:
    """Bring a team's card from a file; an organizer vouches that it was submitted.

    It counts as complete, whatever fields it leaves open. After the deadline the project is
    reopened for this one save, so that the history says when it really came. A blank value
    leaves what is there; the same card again is no new version.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such team.
        Conflict: the results are out, or the project is.
        Invalid: a field that breaks its rule.
    """
    check_organizes(actor, event_id)
    event = session.get_one(Event, event_id)
    team = lock(session, Team, id=team_id, event_id=event_id)
    if team is None or team.archived_at is not None:
        raise NotFound("no_such_team", "This event has no such team.", field="team")
    before_results = (Phase.DRAFT, Phase.REGISTRATION, Phase.HACKING, Phase.JUDGING)
    check_phase(phase_of(session, event), *before_results)
    project = queries.project_of_team(session, team_id)
    created = project is None
    _check_in(project)
    present = queries.newest(session, project) if project else None
    before = rules.read_card(present.card) if present else rules.Card()
    given = {name: text for name, text in values.items() if text.strip()}
    card = rules.check_card({**asdict(before), **given})
    if not card.title:
        raise Invalid("title", "Give the project a title.", field="title")
    project = project or _new_project(session, event_id, team_id)
    placed = (key or project.key, challenge_id or project.challenge_id)
    moved = placed != (project.key, project.challenge_id)
    project.key, project.challenge_id = placed
    submitted = queries.submission_of(session, event, project)
    counts = submitted is not None and submitted.number == project.version
    if counts and submitted is not None and submitted.card == card.as_text():
        if moved:
            session.flush()
            _say(session, actor, event_id, "project.placed", project=project.id)
        return Brought(project.id, created=created, changed=moved)
    moment = now()
    if moment >= queries.deadline(event, project):
        project.reopened_until = moment + timedelta(microseconds=1)
        _say(
            session, actor, event_id, "project.reopened", project=project.id,
            until=utc_text(project.reopened_until),
            reason=note(session, "Brought from a file after the deadline."),
        )  # fmt: skip
    _add_version(session, actor, project, card, moment, is_complete=True)
    return Brought(project.id, created=created, changed=True)


def add_challenge(
    session: Session, actor: Actor, *, event_id: int, title: str, problem: str = ""
) -> Challenge:
    """Add a business problem to an event.

    Raises:
        NotAllowed: not an organizer.
        Conflict: the event has one of that title.
        Invalid: no title, or more than 120 characters.
    """
    check_organizes(actor, event_id)
    clean = " ".join(title.split())
    if not 0 < len(clean) <= rules.LONGEST["title"]:
        raise Invalid("title", "A challenge has a title of 1 to 120 characters.", field="title")
    known = select(Challenge.id).filter_by(event_id=event_id, title=clean)
    if session.scalar(known) is not None:
        raise Conflict("title_taken", "The event has this challenge already.", field="title")
    challenge = Challenge(event_id=event_id, title=clean, problem=problem.strip())
    session.add(challenge)
    session.flush()
    _say(session, actor, event_id, "challenge.added", challenge=challenge.id)
    return challenge


def _check_time(session: Session, event: Event, project: Project | None, moment: datetime) -> None:
    closes_at = queries.deadline(event, project)
    submission = queries.submission_of(session, event, project) if project else None
    if submission is not None:
        at = local_time(submission.saved_at, event.zone)
        told = f"Your draft from {at} was submitted; what you typed now stays on this page."
    else:
        told = "No complete draft was saved by then; what you typed now stays on this page."
    words = f"{local_time(closes_at, event.zone)} ({local_time(closes_at, 'UTC')})"
    rules.check_open(moment, closes_at=closes_at, words=words, submitted=told)
    reopened = project is not None and project.reopened_until is not None
    if not reopened:
        check_phase(phase_of(session, event, moment), Phase.REGISTRATION, Phase.HACKING)
    _check_in(project)


def _check_in(project: Project | None) -> None:
    """Refuse what is withdrawn or disqualified."""
    if project is not None and (project.withdrawn_at or project.disqualified_at):
        raise Conflict("withdrawn", "This project is no longer in the event.")


def reopen(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    project_id: int,
    until: datetime,
    reason: str,
) -> None:
    """Let one team save until a time, with a reason.

    Raises:
        NotAllowed: not an organizer.
        Invalid: a time that has passed, or no reason.
        Conflict: the results are out.
    """
    check_organizes(actor, event_id)
    event = session.get_one(Event, event_id)
    project = _locked(session, event_id, project_id)
    check_phase(phase_of(session, event), Phase.HACKING, Phase.JUDGING)
    if until <= now():
        raise Invalid("until", "Choose a time that is still to come.", field="until")
    told = note(session, check_reason(reason))
    project.reopened_until = until
    _say(
        session, actor, event_id, "project.reopened",
        project=project_id, until=utc_text(until), reason=told,
    )  # fmt: skip


def project_for(session: Session, actor: Actor, *, event_id: int, team_id: int) -> int:
    """The project of a team, an empty one where nothing was ever saved: it can be reopened too.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such team.
    """
    check_organizes(actor, event_id)
    _held(session, event_id, team_id)
    found = queries.project_of_team(session, team_id)
    return (found or _new_project(session, event_id, team_id)).id


def take_out(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    project_id: int,
    disqualify: bool,
    reason: str,
) -> None:
    """Withdraw a project, or disqualify it: organizers, with a reason; rows stay.

    Raises:
        NotAllowed: not an organizer.
        Conflict: it is out already, or the results are out.
    """
    check_organizes(actor, event_id)
    event = session.get_one(Event, event_id)
    project = _locked(session, event_id, project_id)
    check_phase(phase_of(session, event), Phase.REGISTRATION, Phase.HACKING, Phase.JUDGING)
    if project.withdrawn_at or project.disqualified_at:
        raise Conflict("withdrawn", "This project is out already.")
    told = note(session, check_reason(reason))
    if disqualify:
        project.disqualified_at = now()
    else:
        project.withdrawn_at = now()
    kind = "project.disqualified" if disqualify else "project.withdrawn"
    _say(session, actor, event_id, kind, project=project_id, reason=told)


def put_back(
    session: Session, actor: Actor, *, event_id: int, project_id: int, reason: str
) -> None:
    """Take a withdrawn or disqualified project in again: organizers, with a reason.

    Raises:
        NotAllowed: not an organizer.
        Conflict: it is not out, or the results are out.
    """
    check_organizes(actor, event_id)
    event = session.get_one(Event, event_id)
    project = _locked(session, event_id, project_id)
    check_phase(phase_of(session, event), Phase.REGISTRATION, Phase.HACKING, Phase.JUDGING)
    if not (project.withdrawn_at or project.disqualified_at):
        raise Conflict("not_out", "This project is in the event. Nothing was changed.")
    told = note(session, check_reason(reason))
    project.withdrawn_at = project.disqualified_at = None
    _say(session, actor, event_id, "project.put_back", project=project_id, reason=told)


def _locked(session: Session, event_id: int, project_id: int) -> Project:
    project = lock(session, Project, id=project_id, event_id=event_id)
    if project is None:
        raise NotFound("no_such_project", "This event has no such project.")
    return project
