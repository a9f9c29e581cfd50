"""Opening a frozen or final round again takes two people; the earlier record stays."""

import pytest
import sqlalchemy as sa
from panel import do

from hackathon.judging.models import Reopening
from hackathon.judging.queries.results import newest_record, public_standings, records_of
from hackathon.judging.service import reopening, rounds, seats
from hackathon.office.queries import differences
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed
from hackathon.shared.jobs import follow_facts
from hackathon.shared.web import act


def ask(panel, player=None, reason="A sheet was mixed up"):
    do(reopening.ask_to_reopen, player or panel.cast.olga, **panel.place, reason=reason)


def decide(panel, player, is_confirmed=True):
    do(reopening.decide_reopening, player, **panel.place, is_confirmed=is_confirmed)


@pytest.mark.parametrize("last", ["frozen", "finalized"])
@pytest.mark.parametrize("second", ["lena", "ada"])
def test_a_second_person_opens_the_round_and_the_record_is_kept(panel, last, second):
    panel.everything()
    panel.move("freeze")
    if last == "finalized":
        panel.move("finalize")
    ask(panel)
    assert panel.round.state == last
    decide(panel, getattr(panel.cast, second))
    assert (panel.round.state, panel.round.frozen_at) == ("open", None)
    assert public_standings(reading(), panel.round) == []
    first = newest_record(reading(), panel.round_id)
    panel.mark("judith", "owls", "impact", 1, seq=2)
    panel.move("freeze")
    assert [row.number for row in records_of(reading(), panel.round_id)] == [2, 1]
    assert newest_record(reading(), panel.round_id).inputs_hash != first.inputs_hash
    assert differences(reading()) == []


def test_who_asked_does_not_confirm_but_may_take_it_back(panel):
    panel.move("freeze")
    ask(panel)
    with pytest.raises(NotAllowed, match="somebody else confirms"):
        decide(panel, panel.cast.olga)
    with pytest.raises(Conflict, match="asked already"):
        ask(panel, panel.cast.lena)
    decide(panel, panel.cast.olga, is_confirmed=False)
    assert panel.round.state == "frozen"
    ask(panel, panel.cast.lena)  # and asked anew
    decide(panel, panel.cast.olga)
    assert panel.round.state == "open"


def test_nobody_else_asks_or_confirms(panel):
    with pytest.raises(Conflict, match="only a frozen or final"):
        ask(panel)
    panel.move("freeze")
    for player in (panel.cast.paul, panel.cast.judith, panel.cast.rita):
        with pytest.raises(NotAllowed):
            ask(panel, player)
    with pytest.raises(Conflict, match="Nobody asks"):
        decide(panel, panel.cast.lena)
    with pytest.raises(Invalid, match="Say why"):
        ask(panel, reason=" ")
    ask(panel)
    for player in (panel.cast.paul, panel.cast.judith, panel.cast.rita):
        with pytest.raises(NotAllowed):
            decide(panel, player)
    with pytest.raises(NotAllowed, match="Two people"):
        act(
            lambda session: reopening.decide_reopening(
                session, COMMAND_LINE, **panel.place, is_confirmed=True
            )
        )


def test_not_while_places_are_shown_and_never_after_the_reveal(panel):
    panel.to_reveal()
    panel.show(1)
    with pytest.raises(Conflict, match="blank it first"):
        ask(panel)
    panel.show(0)
    ask(panel)
    panel.publish()
    with pytest.raises(Conflict, match="The round is revealed"):
        decide(panel, panel.cast.lena)


def test_not_while_another_round_is_open(panel):
    panel.move("freeze")
    ask(panel)
    place = {"event_id": panel.cast.event_id}
    from make import make_rubric  # noqa: PLC0415 - one test only

    other = do(rounds.add_round, panel.cast.olga, **place, rubric=make_rubric(name="Second")).id
    place["round_id"] = other
    do(seats.add_seat, panel.cast.olga, **place, person_id=panel.cast.judith.id)
    do(rounds.move, panel.cast.olga, **place, verb=rounds.Verb.OPEN)
    with pytest.raises(Conflict, match="Second is open"):
        decide(panel, panel.cast.lena)


def test_the_database_wants_two_people(panel):
    panel.move("freeze")
    ask(panel)
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        row = session.scalars(sa.select(Reopening)).one()
        row.decided_by_id, row.decided_at, row.is_confirmed = row.asked_by_id, now(), True


def test_two_who_confirm_at_once_open_it_once(app, panel, race):
    panel.move("freeze")
    ask(panel)
    reading().rollback()
    lena, ada = panel.cast.lena, panel.cast.ada
    answers, refusals = race(
        panel.app if hasattr(panel, "app") else app,
        [lambda: decide(panel, lena), lambda: decide(panel, ada)],
    )
    assert (len(answers), refusals) == (1, ["not_asked"])


def test_the_other_organizers_read_who_asks_and_why(app, room, sign_in):
    with app.app_context():
        room.move("freeze")
        ask(room, room.cast.lena)
        follow_facts(app)
    client, path = sign_in(room.cast.olga), f"/events/q4/judging/{room.round_id}/reopen"
    assert "asks to open Final again: A sheet was mixed up" in client.get("/notices").text
    page = client.get(path).text
    assert "Confirm: open it again" in page
    assert "Confirm: open it again" not in sign_in(room.cast.lena).get(path).text
    assert client.post(f"{path}/decide", data={"answer": "confirm"}).status_code == 303
    with app.app_context():
        assert room.round.state == "open"


def test_asking_on_the_page(app, room, sign_in):
    client, path = sign_in(room.cast.olga), f"/events/q4/judging/{room.round_id}/reopen"
    assert "Nothing to open again" in client.get(path).text
    with app.app_context():
        room.move("freeze")
    assert client.post(path, data={"reason": ""}).status_code == 422
    assert client.post(path, data={"reason": "Mixed up"}).status_code == 303
    assert "Take it back" in client.get(path).text
    assert client.post(f"{path}/decide", data={"answer": "decline"}).status_code == 303
