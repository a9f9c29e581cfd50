"""A team asks for help; exactly one person comes; everybody sees the queue move."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import client_of, give_event_role, make_team
from sqlalchemy import event as sa_event

from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.shared import clock as clock_module
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from hackathon.shared.facts import broken_links, facts_of
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import notices_of
from hackathon.shared.web import act
from hackathon.teams import rules
from hackathon.teams import service as teams
from hackathon.teams.models import HelpRequest
from hackathon.teams.queries.help import living_requests, never_helped
from hackathon.teams.service import help as service

DATA = {"topic": "data", "wish": "Our dates are in three calendars.", "place": "Table 7"}


def do(verb, player, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), **more)


def set_scene(cast):
    """Paul and Pia are the Owls; Owen and Jonas are mentors."""
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        for player in (cast.owen, cast.jonas):
            give_event_role(session, session.get_one(Person, player.id), event, "mentor")
    team = do(teams.create_team, cast.paul, event_id=cast.event_id, name="Owls")
    with transaction() as session:
        olga = load_actor(session, cast.olga.id)
        teams.add_member(
            session, olga, event_id=cast.event_id, team_id=team.id, person_id=cast.pia.id,
            reason="They asked.",
        )  # fmt: skip
    return team.id


@pytest.fixture
def owls(cast):
    return set_scene(cast)


def ask(cast, player=None, **more):
    given = {"event_id": cast.event_id, **DATA, **more}
    return do(service.ask_for_help, player or cast.paul, **given).id


def move(cast, step, player, help_id):
    return do(step, player, event_id=cast.event_id, help_id=help_id)


def told(player):
    return [notice.text for notice in notices_of(reading(), player.id) if "help" in notice.text]


def follow(database):
    follow_facts(database)
    reading().rollback()  # what was read before is old


def test_a_team_asks_and_a_mentor_comes(database, cast, owls):
    asked = ask(cast)
    follow(database)
    assert told(cast.owen) == ["Owls asks for help: data, at Table 7."]
    assert told(cast.olga) == []  # there are mentors
    move(cast, service.claim, cast.owen, asked)
    (row,) = living_requests(reading(), cast.event_id)
    assert (row.state, row.claimed_by, row.team) == ("claimed", "Owen", "Owls")
    follow(database)
    assert told(cast.paul) == told(cast.pia) == ["Owen comes to help with data."]
    move(cast, service.finish, cast.owen, asked)
    assert living_requests(reading(), cast.event_id) == []
    kinds = [fact.kind for fact in facts_of(reading(), f"help:{cast.event_id}")]
    assert kinds == ["help.asked", "help.claimed", "help.done"]
    assert broken_links(reading()) == []


def test_without_mentors_the_organizers_read_who_asks(database, cast):
    do(teams.create_team, cast.paul, event_id=cast.event_id, name="Owls")
    ask(cast)
    follow(database)
    assert told(cast.olga) == ["Owls asks for help: data, at Table 7."]


def test_one_request_of_a_topic_at_a_time(cast, owls):
    asked = ask(cast)
    with pytest.raises(Conflict, match="asks for this already"):
        ask(cast, cast.pia)
    ask(cast, topic="model")
    move(cast, service.withdraw, cast.pia, asked)
    ask(cast)
    assert len(living_requests(reading(), cast.event_id)) == 2


def test_the_longest_wait_comes_first_and_a_wait_goes_on_when_it_is_put_back(cast, owls, clock):
    first = ask(cast)
    clock.forward(timedelta(minutes=5))
    second = ask(cast, topic="pitch")
    move(cast, service.claim, cast.owen, first)
    move(cast, service.put_back, cast.owen, first)
    rows = living_requests(reading(), cast.event_id)
    assert [row.id for row in rows] == [first, second]
    assert rows[0].asked_at == clock.moment - timedelta(minutes=5)


def test_who_claimed_first_stays_and_the_other_reads_who_it_is(cast, owls):
    asked = ask(cast)
    for _ in range(2):
        move(cast, service.claim, cast.owen, asked)  # the second click is the same
    with pytest.raises(Conflict, match="Owen is on it already"):
        move(cast, service.claim, cast.jonas, asked)
    with pytest.raises(NotAllowed):
        move(cast, service.put_back, cast.jonas, asked)
    move(cast, service.put_back, cast.olga, asked)  # organizers mend anything
    move(cast, service.claim, cast.jonas, asked)


def test_who_was_on_the_way_reads_that_nobody_needs_them(database, cast, owls):
    asked = ask(cast)
    move(cast, service.claim, cast.owen, asked)
    move(cast, service.withdraw, cast.pia, asked)
    follow(database)
    assert "Owls no longer needs help with data." in told(cast.owen)


def test_it_ends_once(cast, owls):
    asked = ask(cast)
    move(cast, service.finish, cast.paul, asked)
    for step in (service.claim, service.finish, service.withdraw):
        with pytest.raises(Conflict, match="done already"):
            move(cast, step, cast.olga, asked)
    with pytest.raises(sa.exc.DBAPIError, match="ends once"), transaction() as session:
        session.get_one(HelpRequest, asked).state = "open"


def test_only_helpers_claim_and_only_the_team_withdraws(cast, owls):
    asked = ask(cast)
    with pytest.raises(NotAllowed):
        move(cast, service.claim, cast.paul, asked)
    with pytest.raises(NotAllowed):
        move(cast, service.withdraw, cast.owen, asked)
    with pytest.raises(NotAllowed):
        move(cast, service.finish, cast.rita, asked)
    with pytest.raises(NotFound):
        do(service.claim, cast.rita, event_id=cast.other_event_id, help_id=asked)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [({"topic": "beer"}, Invalid), ({"place": "  "}, Invalid)],
)
def test_what_cannot_be_asked_is_refused(cast, owls, more, refusal):
    with pytest.raises(refusal):
        ask(cast, **more)
    assert living_requests(reading(), cast.event_id) == []


def test_nobody_without_a_team_asks_and_nobody_before_the_start(cast, owls, clock):
    with pytest.raises(NotFound, match="Join a team"):
        ask(cast, cast.judith)
    clock.set(clock.moment - timedelta(days=10))
    with pytest.raises(Conflict, match="hacking or judging"):
        ask(cast)


def test_the_database_keeps_one_request_of_a_topic_and_one_claimer(cast, owls):
    ask(cast)
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(HelpRequest(event_id=cast.event_id, team_id=owls, topic="data"))
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(
            HelpRequest(event_id=cast.event_id, team_id=owls, topic="pitch", state="claimed")
        )
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(HelpRequest(event_id=cast.other_event_id, team_id=owls, topic="pitch"))


def test_who_was_never_helped(cast, owls):
    with transaction() as session:
        make_team(session, cast.event_id, "Bees")
    asked = ask(cast)
    assert list(never_helped(reading(), cast.event_id)) == ["Bees", "Owls"]
    move(cast, service.finish, cast.owen, asked)
    assert list(never_helped(reading(), cast.event_id)) == ["Bees"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "now"), (59, "now"), (60, "1 min"), (3599, "59 min"), (3900, "1 h 05 min")],
)
def test_how_long_a_wait_is_in_words(seconds, words):
    assert rules.waited(seconds) == words


# --- at once --------------------------------------------------------------------------


def race(database, jobs):
    """Run each job at the same moment in a thread of its own; returns the refusals' words."""
    barrier, words, crashes = threading.Barrier(len(jobs)), [], []

    def run(job):
        with database.app_context():
            barrier.wait()
            try:
                act(job)
            except Refusal as refusal:
                words.append(refusal.word)
            except Exception as error:  # noqa: BLE001 - reported below
                crashes.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crashes == []
    return words


def test_of_many_who_claim_at_once_exactly_one_wins(database, cast, owls):
    asked = ask(cast)

    def claiming(player):
        return lambda session: service.claim(
            session, load_actor(session, player.id), event_id=cast.event_id, help_id=asked
        )

    helpers = [cast.owen, cast.jonas, cast.olga, cast.lena, cast.ada]
    assert race(database, [claiming(player) for player in helpers]) == ["claimed"] * 4
    claims = [
        fact.actor_id
        for fact in facts_of(reading(), f"help:{cast.event_id}")
        if fact.kind == "help.claimed"
    ]
    (row,) = living_requests(reading(), cast.event_id)
    assert claims == [row.claimed_by_id]


def test_two_members_who_ask_at_once_are_one_request(database, cast, owls):
    def asking(player):
        return lambda session: service.ask_for_help(
            session, load_actor(session, player.id), event_id=cast.event_id, **DATA
        )

    assert race(database, [asking(cast.paul), asking(cast.pia)]) == ["already_asked"]
    assert len(living_requests(reading(), cast.event_id)) == 1


# --- pages and live -------------------------------------------------------------------


@pytest.fixture
def scene(app, stage):
    with app.app_context():
        set_scene(stage)
    return stage


def texts(answer):
    return answer.get_data(as_text=True)


def test_the_page_of_a_team_and_of_who_helps(app, scene, sign_in, clock):
    paul, owen = sign_in(scene.paul), sign_in(scene.owen)
    assert "Stuck? Ask" in texts(paul.get("/events/q4/help"))
    assert "Nobody waits for help." in texts(owen.get("/events/q4/help"))
    for _ in range(2):
        answer = paul.post("/events/q4/help", data={**DATA, "once": "k1"})
        assert answer.status_code == 303
    clock.set(clock.moment + timedelta(minutes=14))
    page = texts(owen.get("/events/q4/help"))
    assert "1 team waits, the longest for 14 min." in page
    with app.app_context():
        (row,) = living_requests(reading(), scene.event_id)
    path = f"/events/q4/help/{row.id}"
    assert owen.post(path, data={"step": "claim"}).status_code == 303
    assert sign_in(scene.jonas).post(path, data={"step": "claim"}).status_code == 409
    assert "<bdi>Owen</bdi> is coming to you." in texts(paul.get("/events/q4/help"))
    assert owen.post(path, data={"step": "dance"}).status_code == 404
    assert owen.post(path, data={"step": "done"}).status_code == 303
    assert "Nobody waits" in texts(owen.get("/events/q4/help"))


def test_a_request_without_a_place_is_refused_on_its_field(scene, sign_in):
    answer = sign_in(scene.paul).post("/events/q4/help", data={**DATA, "place": ""})
    assert answer.status_code == 422
    assert "Say where to find you." in texts(answer)
    assert DATA["wish"] in texts(answer)


def test_a_team_sees_its_own_requests_alone(app, scene, sign_in):
    with app.app_context():
        with transaction() as session:
            bees = make_team(session, scene.event_id, "Bees").id
        with transaction() as session:
            session.add(HelpRequest(event_id=scene.event_id, team_id=bees, topic="other"))
        ask(scene)
    page = texts(sign_in(scene.paul).get("/events/q4/help"))
    assert "Table 7" in page
    assert "Something else</span>" not in page
    assert "Something else</span>" in texts(sign_in(scene.owen).get("/events/q4/help"))


def received(client):
    return [entry["args"][0] for entry in client.get_received() if entry["name"] == "help.changed"]


def test_the_queue_is_live_for_who_helps_and_a_teams_own_for_the_team(app, scene, connect, tick):
    owen, paul = connect(scene.owen), connect(scene.paul)
    for client in (owen, paul):
        answer = client.emit("help.watch", {"event": "q4"}, callback=True)
        assert (answer["ok"], answer["rows"]) == (True, [])
    with app.app_context():
        asked = ask(scene)
    tick()
    for client in (owen, paul):
        (change,) = received(client)
        assert [(row["team"], row["state"]) for row in change["rows"]] == [("Owls", "open")]
    with app.app_context():
        move(scene, service.claim, scene.owen, asked)
        move(scene, service.finish, scene.owen, asked)
    tick()
    (change,) = received(owen)
    assert change["gone"] == [str(asked)]


def test_the_queue_is_for_nobody_else(scene, connect):
    for player, code in ((scene.judith, 404), (scene.rita, 404)):
        answer = connect(player).emit("help.watch", {"event": "q4"}, callback=True)
        assert (answer["ok"], answer["code"]) == (False, code)


def test_the_queue_takes_few_statements_however_long(app, scene, sign_in):
    with app.app_context():
        with transaction() as session:
            for number in range(40):
                team = make_team(session, scene.event_id)
                session.add(
                    HelpRequest(
                        event_id=scene.event_id, team_id=team.id, topic="data",
                        asked_by_id=scene.paul.id, place=f"Table {number}",
                        asked_at=clock_module.now(),
                    )
                )  # fmt: skip
        engine = db.engine
    client, asked = sign_in(scene.olga), []
    sa_event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert client.get("/events/q4/help").status_code == 200
    said = [text for text in asked if not text.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]
    assert len(said) <= 12
    assert client_of(app).get("/events/q4/help").status_code == 302
