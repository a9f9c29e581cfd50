"""Before each phase: what is missing, where to mend it, asked about and never forbidden."""

from datetime import UTC, datetime, timedelta

import pytest
from make import (
    cents,
    give_event_role,
    make_event,
    make_participant,
    make_person,
    make_project,
    make_rubric,
)
from sqlalchemy import event as sa_event

from hackathon.credits.service.budgets import fund
from hackathon.events.models import AgendaItem, Event, PhaseMove
from hackathon.events.queries.readiness import readiness_of
from hackathon.events.rules import Phase
from hackathon.judging.service.rounds import add_round
from hackathon.judging.service.seats import add_seat
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.shared.notices import notices_of
from hackathon.shared.sessions import begin


def open_points(event_id, present, to=None):
    found = readiness_of(reading(), reading().get(Event, event_id), present, to)
    return [point.text for point in found.open]


def test_a_bare_event_lacks_everything_before_registration_and_before_hacking(cast):
    with transaction() as session:
        bare = make_event(session, terms="", goals="").id
    assert open_points(bare, Phase.DRAFT) == [
        "The goals are not written down yet.",
        "There is no text on conduct, data and ownership to accept.",
    ]  # mail is kept in memory in tests: it is set up
    assert open_points(bare, Phase.REGISTRATION) == [
        "Nobody has registered yet: share the link.",
        "There is no agenda yet.",
        "The criteria are not public yet: teams should know how they are judged.",
        "The pool is empty: no team can get credits.",
    ]


def test_what_there_is_nothing_to_ask_about_is_not_in_the_list(cast):
    with transaction() as session:
        bare = make_event(session).id
    found = readiness_of(reading(), reading().get(Event, bare), Phase.REGISTRATION)
    assert len(found.points) == len(found.open) == 4  # nobody is there: no "Everybody has a team."


def test_people_and_teams_are_counted(cast):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        paul = session.get_one(Person, cast.paul.id)
        make_project(session, event, name="Owls", members=[paul])
        begin(session, person_id=cast.paul.id, device="phone")
    found = open_points(cast.event_id, Phase.REGISTRATION)
    assert "1 person is without a team." in found  # Pia
    assert "1 team has fewer people than the event asks for." in found
    assert "2 people have never signed in." in found  # Olga and Pia


def test_an_event_that_has_all_is_ready_for_hacking(cast):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        people = [session.get_one(Person, player.id) for player in (cast.paul, cast.pia)]
        make_project(session, event, name="Owls", members=people)
        for player in (cast.paul, cast.pia, cast.olga):
            begin(session, person_id=player.id, device="phone")
        session.add(AgendaItem(event_id=event.id, title="Start", starts_at=event.starts_at))
        fund(session, COMMAND_LINE, event_id=event.id, amount=cents(1000))
        made = add_round(session, COMMAND_LINE, event_id=event.id, rubric=make_rubric())
        made.published_at = event.published_at
    event = reading().get(Event, cast.event_id)
    found = readiness_of(reading(), event, Phase.REGISTRATION)
    assert (found.open, found.sentence) == ([], "Ready for hacking.")


def test_an_agenda_that_was_left_behind_by_moved_dates_is_said(cast):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        for days in (-30, 0, 5):
            at = event.starts_at + timedelta(days=days)
            session.add(AgendaItem(event_id=event.id, title="Lunch", starts_at=at))
    said = "2 lines of the agenda lie outside the event: did its dates move?"
    assert said in open_points(cast.event_id, Phase.REGISTRATION)


def test_before_judging_rubric_judges_and_cards(cast):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        paul = session.get_one(Person, cast.paul.id)
        made = make_project(session, event, name="Owls", members=[paul])
        make_project(session, event, name="Late", saved_at=event.submissions_close_at)
        make_project(session, event, name="Out").withdrawn_at = event.starts_at
    assert made.id
    assert open_points(cast.event_id, Phase.HACKING) == [
        "1 team has no complete card.",
        "There is no rubric yet: make the round.",
        "Nobody has a seat as a judge yet.",
    ]
    with transaction() as session:
        place = {"event_id": cast.event_id}
        place["round_id"] = add_round(session, COMMAND_LINE, **place, rubric=make_rubric()).id
        add_seat(session, COMMAND_LINE, **place, person_id=cast.judith.id)
    assert open_points(cast.event_id, Phase.HACKING) == [
        "1 judge has never signed in: print a card.",
        "1 team has no complete card.",
    ]


def test_before_the_results_sheets_and_the_record(cast):
    assert open_points(cast.event_id, Phase.JUDGING) == ["The results are not final yet."]


def test_a_way_back_and_the_end_ask_nothing(cast):
    event = reading().get(Event, cast.event_id)
    assert readiness_of(reading(), event, Phase.JUDGING, Phase.HACKING) is None
    assert readiness_of(reading(), event, Phase.FOLLOW_UP) is None


def test_two_phases_at_once_ask_for_both(cast):
    found = open_points(cast.event_id, Phase.REGISTRATION, Phase.JUDGING)
    assert "There is no agenda yet." in found
    assert "There is no rubric yet: make the round." in found


@pytest.mark.parametrize("present", [Phase.DRAFT, Phase.REGISTRATION, Phase.HACKING, Phase.JUDGING])
def test_one_statement_asks_them_all(cast, present):
    event, asked = reading().get(Event, cast.event_id), []
    engine = reading().get_bind()

    def note(*given):
        asked.append(given[2])

    sa_event.listen(engine, "before_cursor_execute", note)
    readiness_of(reading(), event, present)
    sa_event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1


# --- pages ----------------------------------------------------------------------------


def texts(answer):
    return answer.get_data(as_text=True)


def test_moving_on_with_open_points_is_asked_about_once_and_then_done(app, stage, sign_in):
    olga = sign_in(stage.olga)
    data = {"phase": "judging", "reason": "The building closes early."}
    asked = olga.post("/events/q4/phase", data=data)
    assert asked.status_code == 409
    page = texts(asked)
    assert "Not moved yet: 2 points are open for judging." in page
    assert "The building closes early." in page
    with app.app_context():
        assert reading().query(PhaseMove).count() == 0
    assert olga.post("/events/q4/phase", data={**data, "anyway": "y"}).status_code == 303
    with app.app_context():
        assert reading().query(PhaseMove).count() == 1
    back = {"phase": "hacking", "reason": "It stays open after all."}
    assert olga.post("/events/q4/phase", data=back).status_code == 303


def test_every_line_leads_to_a_page_that_opens(stage, sign_in, app):
    with app.app_context(), transaction() as session:
        make_person(session, name="New")
        draft = make_event(session, slug="draft", published_at=None, terms="")
        give_event_role(session, session.get_one(Person, stage.olga.id), draft, "organizer")
        later = make_event(session, slug="later", starts_at=datetime(2026, 12, 1, 8, tzinfo=UTC),
                           ends_at=datetime(2026, 12, 3, 8, tzinfo=UTC),
                           submissions_close_at=datetime(2026, 12, 3, 4, tzinfo=UTC))  # fmt: skip
        give_event_role(session, session.get_one(Person, stage.olga.id), later, "organizer")
        make_participant(session, session.get_one(Person, stage.pia.id), later)
    olga, seen = sign_in(stage.olga), set()
    for slug in ("draft", "later", "q4"):
        page = texts(olga.get(f"/events/{slug}/settings"))
        part = page.split('id="ready"')[1].split("</ul>")[0]
        seen |= {line.split('"')[0] for line in part.split('href="')[1:] if line.startswith("/ev")}
    assert len(seen) >= 6
    assert {
        path: olga.get(path, follow_redirects=True).status_code for path in seen
    } == dict.fromkeys(seen, 200)


def test_the_organizers_home_says_how_ready_it_is_and_nobody_elses(stage, sign_in):
    page = texts(sign_in(stage.olga).get("/"))
    assert "Ready for judging? 0 of 2" in page
    assert 'href="/events/q4/settings#ready"' in page
    assert "Ready for" not in texts(sign_in(stage.paul).get("/"))


def test_home_says_what_is_now_and_next(app, stage, sign_in, clock):
    with app.app_context(), transaction() as session:
        place = {"event_id": stage.event_id}
        moment = clock.moment
        session.add(AgendaItem(**place, title="Lunch", starts_at=moment - timedelta(minutes=5),
                               ends_at=moment + timedelta(minutes=55), place="Hall"))  # fmt: skip
        session.add(AgendaItem(**place, title="Demo", starts_at=moment + timedelta(hours=2)))
    page = texts(sign_in(stage.paul).get("/"))
    assert 'Now: <bdi class="fw-semibold">Lunch</bdi>, until 10:55 CET in <bdi>Hall</bdi>' in page
    assert 'Next: <bdi class="fw-semibold">Demo</bdi>' in page


def test_an_hour_before_a_phase_the_organizers_read_what_is_missing_once(app, cast, clock):
    from hackathon.events.jobs import warn_before_phases  # noqa: PLC0415 - the door itself

    def told():
        reading().rollback()
        return [notice.text for notice in notices_of(reading(), cast.olga.id)]

    event = reading().get(Event, cast.event_id)
    closes = event.submissions_close_at
    clock.set(closes - timedelta(minutes=61))
    warn_before_phases()
    assert told() == []
    for minutes in (59, 30):
        clock.set(closes - timedelta(minutes=minutes))
        warn_before_phases()
    assert told() == ["Autumn Hackathon: judging begins in 59 minutes, 2 points are open."]
    assert notices_of(reading(), cast.paul.id) == []
