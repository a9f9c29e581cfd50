"""What people decide where the scores do not: places within a band, prizes."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.judging.models import Award, ResultRecord, ResultRow
from hackathon.judging.queries.finals import candidates, ranked
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.judging.rules import LONGEST_PRIZE, PLACE_PRIZES, Prize, State, check_place_prize
from hackathon.judging.service.held import own_round, say
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.people.rules import Actor


def say_recorded(session: Session, actor: Actor, made: ResultRecord) -> None:
    """The fact of a new result record."""
    record(
        session,
        stream=f"judging:{made.round_id}",
        kind="results.recorded",
        actor_id=actor.person_id,
        number=made.number,
        inputs_hash=made.inputs_hash,
        sheets=made.sheet_count,
    )


def decide_place(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    project_id: int,
    place: int,
    reason: str,
) -> ResultRecord:
    """Give a project a better place within its band, where the scores cannot tell.

    Writes a new record, made from the same sheets, that names the decision. Late marks that
    are accepted afterwards make a record without it: the band may be another one then.

    Raises:
        Conflict: the round is not frozen, or the scores do tell: another band.
        NotFound: the project is not in the record.
        Invalid: no reason, or no such better place.
    """
    found = own_round(session, actor, event_id, round_id)
    made = newest_record(session, found.id)
    if found.state != State.FROZEN or made is None:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; places are decided while it is frozen. "
            "Nothing was changed.",
        )
    rows = recorded_standings(session, made)
    mine = next((row for row in rows if row.project_id == project_id), None)
    if mine is None:
        raise NotFound("no_such_project", "Nobody judged such a project in this round.")
    holders = [row for row in rows if row.place == place and row.component == mine.component]
    if not holders or place > mine.place or holders == [mine]:
        raise Invalid(
            "place", "Choose a better place than it has; nothing was changed.", field="place"
        )
    if mine.chance is None or any(
        row.chance is None or row.chance.band != mine.chance.band for row in holders
    ):
        raise Conflict(
            "other_band",
            "The scores tell these projects apart, so the rule stands. Nothing was changed.",
        )
    told = note(session, check_reason(reason))
    parameters = json.loads(made.parameters)
    decisions = parameters.setdefault("decided", [])
    decisions.append({"project": project_id, "place": place, "note": told["note"]})
    again = ResultRecord(
        round_id=found.id,
        number=made.number + 1,
        made_at=now(),
        made_by_id=actor.person_id,
        inputs_hash=made.inputs_hash,
        parameters=json.dumps(parameters, sort_keys=True),
        program_version=version("hackathon"),
        sheet_count=made.sheet_count,
    )
    session.add(again)
    session.flush()
    moved = {
        row.project_id: row.place + 1
        for row in rows
        if row.component == mine.component and place <= row.place <= mine.place
    } | {project_id: place}
    kept = [column.key for column in ResultRow.__table__.columns if column.key != "id"]
    for row in session.scalars(select(ResultRow).filter_by(record_id=made.id)).all():
        values = {name: getattr(row, name) for name in kept}
        values |= {"record_id": again.id, "place": moved.get(row.project_id, row.place)}
        if row.project_id == project_id:
            values["tie"] = "decided"
        session.add(ResultRow(**values))
    session.flush()
    record(
        session,
        stream=f"judging:{found.id}",
        kind="place.decided",
        actor_id=actor.person_id,
        project=project_id,
        place=place,
        reason=told,
    )
    say_recorded(session, actor, again)
    return again


# --- prizes ---------------------------------------------------------------------------


def give_award(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    project_id: int,
    reason: str,
    name: str = "",
    place: int | None = None,
) -> Award:
    """Give a prize, with a reason that is shown; giving it again moves it.

    Args:
        session: An open transaction.
        actor: An organizer.
        event_id: The event.
        round_id: Its round, between the freeze and the reveal.
        project_id: Who gets it.
        reason: Why.
        name: What it is called; the prize of a place has a name of its own.
        place: The prize of this place: it stays in the band of that place. None: people
            decide freely, such as the best learning.

    Raises:
        Conflict: the round is not frozen, the results are out, `other_band`, or the project
            has the prize of another place.
        NotFound: the project is not in the record, or is out by now.
        Invalid: no name, no reason, or no such place.
    """
    found = own_round(session, actor, event_id, round_id)
    _check_may_award(found)
    rows = candidates(session, session.get_one(Event, event_id), found)
    if all(row.project_id != project_id for row in rows):
        raise NotFound("no_such_project", "Nobody judged such a project in this round.")
    if place is not None and place not in PLACE_PRIZES:
        raise Invalid("place", "Prizes of places go to the first three.", field="place")
    clean = " ".join(name.split())[:LONGEST_PRIZE] or PLACE_PRIZES.get(place or 0, "")
    if not clean:
        raise Invalid("name", "Give the prize a name.", field="name")
    given = session.scalars(select(Award).filter_by(round_id=found.id)).all()
    award = next((row for row in given if row.name == clean), None)
    if place is not None:
        others = {row.place: row.project_id for row in given if row.place and row is not award}
        check_place_prize(ranked(rows), place, project_id, others)
        if place in others:
            raise Conflict(
                "place_given", "The prize of this place is given under another name; take that "
                "one back first. Nothing was changed.",
            )  # fmt: skip
    told = note(session, check_reason(reason))
    if award is None:
        award = Award(round_id=found.id, name=clean, project_id=project_id, note_id=told["note"])
        session.add(award)
    award.kind, award.place = (Prize.PLACE if place else Prize.CHOICE), place
    award.project_id, award.note_id = project_id, int(str(told["note"]))
    award.decided_by_id, award.decided_at = actor.person_id, now()
    session.flush()
    say(session, actor, found, "award.given", award=award.id, project=project_id, place=place,
        reason=told)  # fmt: skip
    return award


def take_award_back(
    session: Session, actor: Actor, *, event_id: int, round_id: int, award_id: int
) -> None:
    """A prize that was given by mistake is nobody's again; the fact of giving it stays.

    Raises:
        Conflict: the results are out.
        NotFound: the round has no such prize.
    """
    found = own_round(session, actor, event_id, round_id)
    _check_may_award(found)
    award = session.scalar(select(Award).filter_by(id=award_id, round_id=found.id))
    if award is None:
        raise NotFound("no_such_award", "This round has no such prize.")
    session.delete(award)
    session.flush()
    say(session, actor, found, "award.taken_back", award=award_id, project=award.project_id)


def _check_may_award(found: Round) -> None:
    if State(found.state) not in {State.FROZEN, State.FINALIZED}:
        raise Conflict("wrong_state", "Prizes are decided between the freeze and the reveal.")


def check_place_prizes(session: Session, event: Event, found: Round) -> None:
    """Prizes of places still stand in the band of their place: the record may be a newer one.

    Raises:
        Conflict: one does not.
    """
    query = select(Award).filter_by(round_id=found.id, kind=Prize.PLACE).order_by(Award.place)
    given = session.scalars(query).all()
    rows = ranked(candidates(session, event, found)) if given else []
    for award in given:
        try:
            check_place_prize(rows, award.place or 0, award.project_id, {})
        except Conflict:
            raise Conflict(
                "prize_moved",
                f"The results changed since {award.name} was given, and it left the band of its "
                "place. Give it again or take it back, then make the results final.",
            ) from None
