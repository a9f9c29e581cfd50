"""Judging live: the judge's messages in, states, boards and steps out."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from flask import request
from pydantic import Field

from hackathon.events.models import Event
from hackathon.events.queries import find_event
from hackathon.judging import rules
from hackathon.judging.access import STAGE, stage_round
from hackathon.judging.models import Round, Seat, StageToken
from hackathon.judging.queries.boards import (
    ORGANIZERS,
    PUBLIC,
    board_rows,
    my_list,
    progress_here,
    state_json,
)
from hackathon.judging.queries.ground import ground_of
from hackathon.judging.queries.here import TURNS, pause_board
from hackathon.judging.queries.rounds import (
    board_round,
    criteria_of,
    entries_of,
    find_round,
    no_such_round,
    rounds_of,
    seat_of,
)
from hackathon.judging.queries.stage import step_json, steps_in
from hackathon.judging.service import leases
from hackathon.judging.service.marks import Saved, Sent, Texts, save_mark, save_texts
from hackathon.judging.service.seats import note_seen
from hackathon.people.access import SIGNED_IN, actor_or_none, current_actor, requires
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotAllowed, Refusal
from hackathon.shared.live import (
    Board,
    Channel,
    Message,
    close_stages,
    follows,
    follows_latest,
    join,
    message,
    push,
    sockets_of,
    touched_by,
)
from hackathon.shared.web import act

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow

Row = dict[str, Any]

Id = Annotated[int, Field(ge=0, le=rules.LARGEST_SEQ)]
"""A number that both engines can look for."""

SEEN_EVERY = timedelta(seconds=20)
"""A device says hello every 30 seconds; each of them is kept."""
NEAR = timedelta(seconds=70)
"""Another sign-in that said hello within this time is open now."""
RESYNC_AFTER = 500
"""A device that missed more facts than this is told to read everything again."""

board = Channel(
    "board.changed",
    lambda session, key, audience: Board(*board_rows(session, key, audience)),
    touched_by("judging", "late"),  # the late tray is on the organizers' board
)


EVERYBODY = "everybody"
news = Channel(
    "event.changed",
    lambda session, key, _audience: Board(*pause_board(session, key)),
    lambda _stream: None,  # a fact names its round only; `tell` publishes
)


class Hello(Message):
    """A device is back: which round, and the version it knows."""

    round: Id
    after: int = 0


class Given(Message):
    """What every message about a sheet carries (see `Sent`)."""

    visit: Id | None = None
    round: Id | None = None
    project: Id | None = None
    seq: int
    key: str
    made_at: str | int

    def sent(self) -> Sent:
        """The checked envelope.

        Raises:
            Invalid: no visit and no project, or a key, count or time that cannot be.
        """
        if self.visit is None and (self.round is None or self.project is None):
            raise Invalid(
                "visit", "Say which visit, or which round and project; nothing was saved.",
                field="visit",
            )  # fmt: skip
        return Sent(
            key=rules.check_key(self.key),
            seq=rules.check_seq(self.seq),
            made_at=rules.parse_made_at(self.made_at),
            visit_id=self.visit,
            round_id=self.round,
            project_id=self.project,
        )


class GivenClear(Given):
    """A score is taken away."""

    criterion: str


class GivenMark(GivenClear):
    """A score; its value is checked by the rubric's scale."""

    value: Any


class GivenTexts(Given):
    """A judge's words for a complete sheet."""

    strength: str = ""
    question: str = ""
    note: str = ""


class Next(Message):
    """A judge asks where to go."""

    round: Id
    key: str


class Release(Message):
    """A judge gives a visit back."""

    visit: Id
    key: str
    reason: str


class WatchEvent(Message):
    """What everybody at an event must know at once."""

    event: str


class WatchBoard(Message):
    """A board of an event; without a round the one that is open, else the latest revealed.

    `public` asks for what everybody may see, whoever asks: a projector shows nothing else.
    """

    event: str
    round: Id | None = None
    public: bool = False


def _answer(saved: Saved) -> Row:
    if saved.late:
        raise rules.late(has_left=saved.has_left)
    return {
        "receipt": saved.receipt,
        "version": saved.version,
        "superseded": saved.superseded,
        "submitted": saved.submitted,
        "replay": saved.replay,
    }


@message("judging.hello", Hello)
@requires(SIGNED_IN)
def hello(data: Hello) -> Row:
    """The judge's whole list as the server knows it; the rooms are joined first."""
    session, actor = reading(), current_actor()
    seat = seat_of(session, data.round, actor.person_id)
    if seat is None:
        raise NotAllowed("seats_only", "Only the judges of this round have a list in it.")
    join(f"round:{data.round}")
    join(f"seat:{seat.id}")
    found = session.get_one(Round, data.round)
    ground = ground_of(session, found)
    mine = my_list(session, found, seat, ground.lines, ground.entries)
    state = state_json(session, found, ground.entries)
    answer = {**state, "visits": [row.as_json() for row in mine]}
    if _note_seen(seat):  # last: whatever is read after a write is read anew
        answer["elsewhere"] = True
    if data.after and state["version"] - data.after > RESYNC_AFTER:
        answer["resync"] = True
    return answer


def _note_seen(seat: Seat) -> bool:
    """Keep when the judge was here last; whether another sign-in of theirs was just now.

    A hello is answered also when this cannot be written.
    """
    sid = request.sid  # type: ignore[attr-defined]
    own = next((entry.id_hash for entry in sockets_of(seat.person_id) if entry.sid == sid), "")
    device, seen = own[:16], seat.seen_at
    other = seen if seat.seen_by not in {None, device} else seat.other_at
    if seat.seen_by != device or seen is None or now() - seen > SEEN_EVERY:
        with contextlib.suppress(Refusal):
            act(lambda session: note_seen(session, seat_id=seat.id, device=device))
    return other is not None and now() - other < NEAR


@message("judging.mark", GivenMark)
@requires(SIGNED_IN)
def mark(data: GivenMark) -> Row:
    """One tap: stored once, acknowledged after the commit."""
    sent = data.sent()
    return _answer(
        act(
            lambda session: save_mark(
                session,
                current_actor(session),
                sent=sent,
                criterion=data.criterion,
                value=data.value,
            )
        )
    )


@message("judging.clear", GivenClear)
@requires(SIGNED_IN)
def clear(data: GivenClear) -> Row:
    """A tap on the chosen value: the cell has no score any more."""
    sent = data.sent()
    return _answer(
        act(
            lambda session: save_mark(
                session,
                current_actor(session),
                sent=sent,
                criterion=data.criterion,
                value=rules.CLEAR,
            )
        )
    )


@message("judging.submit", GivenTexts)
@requires(SIGNED_IN)
def submit_texts(data: GivenTexts) -> Row:
    """The words for a team."""
    sent = data.sent()
    texts = Texts(
        strength=rules.check_text(data.strength, "strength"),
        question=rules.check_text(data.question, "question"),
        note=rules.check_text(data.note, "note"),
    )
    saved = act(lambda session: save_texts(session, current_actor(session), sent=sent, texts=texts))
    answer = _answer(saved)
    return {"receipt": answer["receipt"], "version": answer["version"], "replay": saved.replay}


@message("judging.next", Next)
@requires(SIGNED_IN)
def take_next(data: Next) -> Row:
    """The judge's next visit, or the word why there is none."""
    key = rules.check_key(data.key)
    given = act(
        lambda session: leases.take_next(
            session, current_actor(session), round_id=data.round, key=key
        )
    )
    if given.visit is None:
        return {"none": given.none, "message": leases.NONE[given.none]}
    session, visit = reading(), given.visit
    found = session.get_one(Round, visit.round_id)
    event = session.get_one(Event, found.event_id)
    seat = session.get_one(Seat, visit.seat_id)
    entries = entries_of(session, event, found.id)
    mine = my_list(session, found, seat, criteria_of(session, found.id), entries)
    row = next((row.as_json() for row in mine if row.visit.id == visit.id), None)
    return {"visit": row or {"id": visit.id, "project": visit.project_id, "status": "released"}}


@message("judging.release", Release)
@requires(SIGNED_IN)
def release(data: Release) -> Row:
    """A visit goes back: busy, absent, conflict or break."""
    key, reason = rules.check_key(data.key), rules.check_release(data.reason)
    visit = act(
        lambda session: leases.release(
            session, current_actor(session), visit_id=data.visit, key=key, reason=reason
        )
    )
    return {"visit": {"id": visit.id, "project": visit.project_id, "status": "released"}}


@message("board.watch", WatchBoard)
@requires(SIGNED_IN, STAGE)
def watch_board(data: WatchBoard) -> Row:
    """The board of a round as this viewer may see it; changes are pushed."""
    session, actor = reading(), actor_or_none()
    event = find_event(session, actor, data.event)
    if data.round is not None:
        found: Round | None = find_round(session, event.id, data.round)
    else:
        found = board_round(rounds_of(session, event.id))
    if actor is None and (found is None or found.id != stage_round()):
        raise no_such_round()
    organizes = actor is not None and actor.organizes(event.id)
    is_hidden = (
        found is not None
        and found.state == rules.State.DRAFT
        and not organizes
        and actor is not None  # a projector may wait for the opening
    )
    if found is None or (is_hidden and data.round is None):
        return {"version": 0, "rows": []}
    if is_hidden:
        raise no_such_round()
    join(f"round:{found.id}")
    audience = ORGANIZERS if organizes and not data.public else PUBLIC
    watched = board.watch(found.id, audience)
    return {"round": found.id, **watched}


@message("event.watch", WatchEvent)
@requires(SIGNED_IN)
def watch_event(data: WatchEvent) -> Row:
    """Whether judging is paused, and why: the row `paused` comes and goes."""
    event = find_event(reading(), current_actor(), data.event)
    return {"key": event.id, **news.watch(event.id, EVERYBODY)}


STATE_KINDS = ("round.", "pitch.", "timer.", "vote.", "plan.", "rubric.", "judge.")
"""Facts after which everybody in a round hears its state."""


@follows("judging:")
def tell(session: Session, fact: FactRow) -> None:
    """Push what happened to those who may know: the judge's own devices, the round's room."""
    round_id = int(fact.stream.split(":")[1])
    body = fact.values
    if fact.kind == "mark.saved":
        value = body["value"]
        push(
            "judging.visit",
            {
                "version": fact.seq,
                "round": round_id,
                "visit": body["visit"],
                "criterion": body["criterion"],
                "value": rules.number(value) if value is not None else None,
                "seq": body["device_seq"],
                "receipt": body["receipt"],
            },
            f"seat:{body['seat']}",
        )
    elif fact.kind.startswith(STATE_KINDS):
        found = session.get_one(Round, round_id)
        event = session.get_one(Event, found.event_id)
        entries = entries_of(session, event, found.id)
        state = state_json(session, found, entries)
        if fact.kind.startswith(("plan.", "rubric.", "judge.")):
            state["again"] = fact.kind  # lists or the rubric changed: devices read them again
        push("judging.state", state, f"round:{round_id}")
        if fact.kind in TURNS:
            news.publish(session, found.event_id)
    if fact.kind == "mark.corrected":  # only the judge hears of it
        found = session.get_one(Round, round_id)
        event = session.get_one(Event, found.event_id)
        state = state_json(session, found, entries_of(session, event, found.id))
        push("judging.state", {**state, "again": fact.kind}, f"seat:{body['seat']}")
    if fact.kind in {"reveal.shown", "round.revealed"}:
        _tell_step(session, session.get_one(Round, round_id), fact)


@follows_latest(
    "judging:", lambda fact: fact.kind == "mark.saved" and bool(fact.values["submitted"])
)
def tell_progress(session: Session, fact: FactRow) -> None:
    """How far a round is, for whoever is in it: counts, never values."""
    round_id = int(fact.stream.split(":")[1])
    found = session.get_one(Round, round_id)
    if rules.State(found.state) not in rules.MARKING:
        return
    progress = progress_here(session, found)
    news = {"version": fact.seq, "round": round_id, "done": progress.done, "of": progress.of}
    push("judging.progress", news, f"round:{round_id}")


def _tell_step(session: Session, found: Round, fact: FactRow) -> None:
    """Only the rows of the step that is shown leave the server."""
    shown = step_json(session, found) or {"step": 0, "of": steps_in(session, found), "rows": []}
    push(
        "reveal.step",
        {
            "version": fact.seq,
            "round": found.id,
            **shown,
            "state": found.state,
            "server_time": utc_text(now()),
        },
        f"round:{found.id}",
    )


@follows("judging:")
def close_stages_of(session: Session, fact: FactRow) -> None:
    """A key was revoked: its projectors go dark."""
    if fact.kind == "stage.revoked":
        close_stages(session.get_one(StageToken, int(fact.values["key"])).token_hash)
