"""Announcements reach their audience once, now or at their time, and stay what they were."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from make import client_of, make_event, make_participant, make_person, make_project, make_rubric

from hackathon.events.models import Announcement, Event
from hackathon.events.queries import announcements as reads
from hackathon.events.rules import Audience
from hackathon.events.service import announcements as service
from hackathon.events.service import close_event, extend_deadline, mark_revealed
from hackathon.judging.service.rounds import add_round
from hackathon.judging.service.seats import add_seat
from hackathon.people.access import load_actor
from hackathon.people.models import Person, SiteRoleGrant
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import now
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links, facts_of
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import Notice, notices_of
from hackathon.shared.web import act
from hackathon.teams import service as teams
from hackathon.teams.models import Team

HOUR = timedelta(hours=1)


def do(verb, player, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), **more)


def announce(cast, text="Lunch is ready.", audience=Audience.EVERYBODY, **more):
    return do(
        service.write_announcement, cast.olga,
        event_id=cast.event_id, audience=audience, text=text, **more,
    )  # fmt: skip


def told(player):
    return [notice.text for notice in notices_of(reading(), player.id)]


def hanging(cast, player):
    event = reading().get(Event, cast.event_id)
    return [row.text for row in reads.announced_to(reading(), event, player.id, now()).banners]


def follow(database):
    follow_facts(database)
    reading().rollback()  # what was read before is old


def send_what_is_due():
    from hackathon.events.jobs import announce as job  # noqa: PLC0415 - the door itself

    job()


def test_everybody_hears_at_once_by_banner_notice_and_mail(database, cast):
    announce(cast)
    assert hanging(cast, cast.paul) == ["Lunch is ready."]
    follow(database)
    for player in (cast.olga, cast.paul, cast.pia):
        assert told(player) == ["Autumn Hackathon: Lunch is ready."]
    assert told(cast.owen) == []
    mails = reading().query(OutgoingMail).all()
    assert {mail.address for mail in mails} == {cast.olga.email, cast.paul.email, cast.pia.email}
    assert mails[0].subject == "Autumn Hackathon: Lunch is ready."


def test_following_the_fact_again_tells_nobody_twice(database, cast):
    from hackathon.events.jobs import tell_announcement  # noqa: PLC0415 - the door itself

    announce(cast)
    follow(database)
    counts = reading().query(Notice).count(), reading().query(OutgoingMail).count()
    (fact,) = [
        fact for fact in facts_of(reading(), f"event:{cast.event_id}")
        if fact.kind == "announcement.sent"
    ]  # fmt: skip
    with transaction() as session:
        tell_announcement(session, fact)
    assert (reading().query(Notice).count(), reading().query(OutgoingMail).count()) == counts


def test_who_wants_no_mail_reads_a_notice(database, cast):
    with transaction() as session:
        session.get_one(Person, cast.paul.id).by_mail = False
    announce(cast, audience=Audience.PARTICIPANTS)
    follow(database)
    assert told(cast.paul)
    assert {mail.address for mail in reading().query(OutgoingMail)} == {cast.pia.email}


def test_without_mail_and_in_a_rehearsal_no_mail_is_written(database, cast):
    announce(cast, by_mail=False)
    with transaction() as session:
        session.get_one(Event, cast.event_id).is_rehearsal = True
    announce(cast, text="Only a rehearsal.")
    follow(database)
    assert len(told(cast.paul)) == 2
    assert reading().query(OutgoingMail).count() == 0


def test_each_audience_is_who_fits_it_now(cast):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        paul = session.get_one(Person, cast.paul.id)
        rita = session.get_one(Person, cast.rita.id)
        make_participant(session, rita, event)
        made = make_project(session, event, name="Owls", members=[paul])
        teams.create_team(session, load_actor(session, cast.pia.id), event_id=event.id, name="Bees")
        session.get_one(Team, made.team_id).captain_id = paul.id
        place = {"event_id": event.id}
        place["round_id"] = add_round(session, COMMAND_LINE, **place, rubric=make_rubric()).id
        add_seat(session, COMMAND_LINE, **place, person_id=cast.judith.id)
    session = reading()
    event = session.get(Event, cast.event_id)
    found = {
        audience: {person.id for person in reads.people_reached(session, event, audience)}
        for audience in Audience
    }
    takes_part = {cast.paul.id, cast.pia.id, cast.rita.id}
    assert found == {
        Audience.EVERYBODY: takes_part | {cast.olga.id, cast.judith.id},
        Audience.PARTICIPANTS: takes_part,
        Audience.CAPTAINS: {cast.paul.id, cast.pia.id},
        Audience.TEAMLESS: {cast.rita.id},
        Audience.UNSUBMITTED: {cast.pia.id},
        Audience.JUDGES: {cast.judith.id},
        Audience.MENTORS: set(),
        Audience.ORGANIZERS: {cast.olga.id},
    }
    assert reads.how_many(session, event) == {name: len(ids) for name, ids in found.items()}


def test_a_banner_goes_when_one_no_longer_fits_and_comes_to_who_joins_later(cast):
    announce(cast, audience=Audience.TEAMLESS, text="Find a team.")
    assert hanging(cast, cast.paul) == ["Find a team."]
    do(teams.create_team, cast.paul, event_id=cast.event_id, name="Owls")
    assert hanging(cast, cast.paul) == []
    assert hanging(cast, cast.rita) == []
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        make_participant(session, session.get_one(Person, cast.rita.id), event)
    assert hanging(cast, cast.rita) == ["Find a team."]


def test_a_banner_is_put_away_by_each_for_themselves(cast):
    row = announce(cast)
    for _ in range(2):
        do(service.dismiss, cast.paul, event_id=cast.event_id, announcement_id=row.id)
    assert hanging(cast, cast.paul) == []
    assert hanging(cast, cast.pia) == ["Lunch is ready."]


def test_what_is_not_for_one_cannot_be_put_away(cast):
    row = announce(cast, audience=Audience.ORGANIZERS)
    later = announce(cast, send_at=now() + HOUR)
    for found in (row, later):
        with pytest.raises(NotFound):
            do(service.dismiss, cast.paul, event_id=cast.event_id, announcement_id=found.id)


def test_a_banner_hangs_for_a_day_and_three_hang_at_most(cast, clock):
    for number in range(4):
        announce(cast, text=f"Number {number}")
        clock.forward(timedelta(minutes=1))
    assert hanging(cast, cast.paul) == ["Number 3", "Number 2", "Number 1"]
    clock.forward(timedelta(hours=24))
    assert hanging(cast, cast.paul) == []


def test_at_its_time_it_is_there_whether_or_not_a_job_has_run(database, cast, clock):
    announce(cast, send_at=now() + HOUR)
    follow(database)
    assert (hanging(cast, cast.paul), told(cast.paul)) == ([], [])
    clock.forward(HOUR)
    assert hanging(cast, cast.paul) == ["Lunch is ready."]
    for _ in range(2):
        send_what_is_due()
        follow(database)
    assert told(cast.paul) == ["Autumn Hackathon: Lunch is ready."]
    kinds = [fact.kind for fact in facts_of(reading(), f"event:{cast.event_id}")]
    assert kinds == ["announcement.written", "announcement.sent"]
    assert broken_links(reading()) == []


def test_of_many_who_send_what_is_due_at_once_exactly_one_does(database, cast, clock):
    row = announce(cast, send_at=now() + HOUR)
    clock.forward(HOUR)
    start, sent = threading.Barrier(4), []

    def send():
        with database.app_context():
            start.wait()
            sent.append(act(lambda session: service.send_due(session, announcement_id=row.id)))
            db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == [False, False, False, True]
    follow(database)
    assert len(told(cast.paul)) == 1


def test_until_it_goes_it_can_be_changed_and_taken_back(database, cast, clock):
    row = announce(cast, send_at=now() + HOUR)
    changed = {
        "event_id": cast.event_id, "announcement_id": row.id, "audience": Audience.EVERYBODY,
        "text": "Lunch is late.", "by_mail": False, "send_at": now() + 2 * HOUR,
    }  # fmt: skip
    do(service.change_announcement, cast.olga, **changed, version=1)
    with pytest.raises(Conflict, match="changed it first"):
        do(service.change_announcement, cast.lena, **changed, version=1)
    do(service.withdraw_announcement, cast.olga, event_id=cast.event_id, announcement_id=row.id)
    clock.forward(3 * HOUR)
    send_what_is_due()
    follow(database)
    assert (hanging(cast, cast.paul), told(cast.paul)) == ([], [])


def test_changed_without_a_time_it_goes_now(database, cast):
    row = announce(cast, send_at=now() + HOUR)
    do(
        service.change_announcement, cast.olga, event_id=cast.event_id, announcement_id=row.id,
        audience=Audience.EVERYBODY, text="Lunch is early.", by_mail=True, send_at=None, version=1,
    )  # fmt: skip
    follow(database)
    assert told(cast.paul) == ["Autumn Hackathon: Lunch is early."]


def test_what_has_gone_stays_even_before_the_job_and_for_the_database(cast, clock):
    row = announce(cast, send_at=now() + HOUR)
    clock.forward(HOUR)
    with pytest.raises(Conflict, match="Write a new one"):
        do(service.withdraw_announcement, cast.olga, event_id=cast.event_id, announcement_id=row.id)
    sent = announce(cast)
    with pytest.raises(sa.exc.DBAPIError, match="stays as it is"), transaction() as session:
        session.get_one(Announcement, sent.id).text = "Something else"


def test_what_comes_due_after_the_event_closed_is_taken_back(database, cast, clock):
    row = announce(cast, send_at=now() + 48 * HOUR)
    do(mark_revealed, cast.olga, event_id=cast.event_id)
    do(close_event, cast.olga, event_id=cast.event_id, reason="All is done.")
    clock.forward(49 * HOUR)
    send_what_is_due()
    follow(database)
    assert told(cast.paul) == []
    assert reading().get(Announcement, row.id).withdrawn_at is not None


def test_only_organizers_announce_and_not_in_a_draft(cast):
    with pytest.raises(NotAllowed):
        do(
            service.write_announcement, cast.paul,
            event_id=cast.event_id, audience=Audience.EVERYBODY, text="Free beer",
        )  # fmt: skip
    with transaction() as session:
        draft = make_event(session, published_at=None).id
    with pytest.raises(Conflict, match="published"):
        do(
            service.write_announcement, cast.lena,
            event_id=draft, audience=Audience.EVERYBODY, text="Hello",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"send_at": datetime(2026, 11, 21, 8, 59, tzinfo=UTC)}, "past"),
    ],
)
def test_what_cannot_be_said_is_refused(cast, values, word):
    with pytest.raises(Invalid) as refused:
        announce(cast, **values)
    assert refused.value.word == word


# --- pages ----------------------------------------------------------------------------


def texts(answer):
    return answer.get_data(as_text=True)


def test_the_banner_is_on_every_page_of_the_event_and_goes_when_dismissed(app, stage, sign_in):
    with app.app_context():
        row = announce(stage, text="القاعة الكبرى <b>now</b>")
    paul = sign_in(stage.paul)
    for path in ("", "/people", "/teams", "/projects", "/credits", "/agenda"):
        assert "data-banner=" in texts(paul.get(f"/events/q4{path}")), path
    listed = texts(paul.get("/events/q4/announcements"))
    assert "data-banner=" not in listed  # it stands in the list there
    assert f'data-announced="{row.id}"' in listed
    assert "القاعة الكبرى &lt;b&gt;now&lt;/b&gt;" in texts(paul.get("/events/q4"))
    answer = paul.post(
        f"/events/q4/announcements/{row.id}/dismiss", data={"back": "/events/q4/teams"}
    )
    assert (answer.status_code, answer.location) == (303, "/events/q4/teams")
    assert "data-banner=" not in texts(paul.get("/events/q4/teams"))
    assert "القاعة الكبرى" in texts(paul.get("/events/q4/announcements"))
    assert "data-banner=" not in texts(sign_in(stage.owen).get("/events/q4"))
    assert "data-banner=" not in texts(client_of(app).get("/events/q4"))


def test_a_text_that_fits_no_line_opens_and_a_short_one_simply_stands(app, stage, sign_in):
    long = "The fire brigade tests the alarm at eleven; nobody has to leave the building."
    with app.app_context():
        announce(stage, text=long)
        announce(stage, text="Lunch is ready.")
        announce(stage, text="Two\nlines")
    page = texts(sign_in(stage.paul).get("/events/q4"))
    banners = re.findall(r'data-banner="\d+">(.*?)</form>', page, re.DOTALL)
    opens = ["<details" in banner for banner in banners]
    assert opens == [True, False, True]
    assert banners[2].count(long) == 1
    assert f"Dismiss: {long[:60]}" in banners[2]


def test_a_moved_deadline_hangs_over_the_announcements_too(app, stage, sign_in, clock):
    with app.app_context(), transaction() as session:
        olga = load_actor(session, stage.olga.id)
        extend_deadline(session, olga, event_id=stage.event_id, minutes=15, reason="The lift")
    page = texts(sign_in(stage.paul).get("/events/q4/announcements"))
    assert "Submissions close" in page
    assert "The lift" in page


@pytest.fixture
def no_mail(app):
    before = app.config["MAIL_BACKEND"]
    app.config["MAIL_BACKEND"] = "console"
    yield
    app.config["MAIL_BACKEND"] = before


def test_without_a_mail_server_the_choice_is_closed_with_its_reason(app, stage, sign_in, no_mail):
    with app.app_context(), transaction() as session:
        lena = session.get_one(Person, stage.lena.id)
        session.add(SiteRoleGrant(person_id=lena.id, role="admin"))
    page = texts(sign_in(stage.olga).get("/events/q4/announcements"))
    assert re.search(r'<input[^>]* id="by_mail" disabled', page)
    assert "No mail server is set up: an administrator does it" in page
    assert 'name="by_mail"' not in page
    assert '<a href="/site">Mail and address</a>' in texts(
        sign_in(stage.lena).get("/events/q4/announcements")
    )


def test_without_a_mail_server_a_form_that_asks_for_mail_is_refused(app, stage, sign_in, no_mail):
    olga = sign_in(stage.olga)
    data = {"audience": "everybody", "text": "Lunch is ready.", "once": "k1"}
    refused = olga.post("/events/q4/announcements", data={**data, "by_mail": "y"})
    assert refused.status_code == 409
    assert "No mail server is set up here, so nothing was saved." in texts(refused)
    assert "Lunch is ready.</textarea>" in texts(refused)
    later = {**data, "send_at": "2026-11-21T14:30"}
    assert olga.post("/events/q4/announcements", data=later).status_code == 303
    with app.app_context():
        (row,) = reading().query(Announcement)
    path = f"/events/q4/announcements/{row.id}"
    changed = {**later, "version": "1", "by_mail": "y"}
    assert olga.post(path, data=changed).status_code == 409
    assert olga.post(path, data={**changed, "by_mail": ""}).status_code == 303


def test_a_rehearsal_offers_no_mail(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        session.get_one(Event, stage.event_id).is_rehearsal = True
    page = texts(sign_in(stage.olga).get("/events/q4/announcements"))
    assert "A rehearsal sends no mail." in page
    assert 'name="by_mail"' not in page


def test_a_dismissal_leads_to_no_other_host(app, stage, sign_in):
    with app.app_context():
        row = announce(stage)
    answer = sign_in(stage.paul).post(
        f"/events/q4/announcements/{row.id}/dismiss", data={"back": "//evil.example"}
    )
    assert answer.location == "/events/q4/announcements"


def test_a_judge_without_a_role_reads_what_judges_are_told(app, stage, sign_in):
    with app.app_context():
        with transaction() as session:
            place = {"event_id": stage.event_id}
            place["round_id"] = add_round(session, COMMAND_LINE, **place, rubric=make_rubric()).id
            add_seat(session, COMMAND_LINE, **place, person_id=stage.judith.id)
        announce(stage, audience=Audience.JUDGES, text="Meet at nine.")
    assert "Meet at nine." in texts(
        sign_in(stage.judith).get("/events/q4/judging", follow_redirects=True)
    )
    assert "Meet at nine." in texts(sign_in(stage.judith).get("/events/q4/announcements"))
    assert "Meet at nine." not in texts(sign_in(stage.paul).get("/events/q4/announcements"))


def test_the_form_sends_once_and_reads_times_in_the_events_zone(app, stage, sign_in):
    olga = sign_in(stage.olga)
    data = {
        "audience": "participants", "text": "Demo dry run", "once": "k1",
        "send_at": "2026-11-21T14:30",
    }  # fmt: skip
    for _ in range(2):
        assert olga.post("/events/q4/announcements", data=data).status_code == 303
    with app.app_context():
        (row,) = reading().query(Announcement)
        assert row.send_at == datetime(2026, 11, 21, 13, 30, tzinfo=UTC)  # Berlin, in winter
        assert row.by_mail is False  # an unticked box
    page = texts(olga.get(f"/events/q4/announcements/{row.id}"))
    assert 'value="2026-11-21T14:30"' in page
    assert "Demo dry run" not in texts(sign_in(stage.paul).get("/events/q4/announcements"))
    assert olga.post(f"/events/q4/announcements/{row.id}/withdraw").status_code == 303
    assert "Demo dry run" not in texts(olga.get("/events/q4/announcements"))


def test_an_hour_that_happens_twice_is_asked_about_and_one_that_never_does_is_refused(
    app, stage, sign_in, clock
):
    with app.app_context(), transaction() as session:
        event = session.get_one(Event, stage.event_id)
        event.starts_at = datetime(2026, 10, 23, 8, tzinfo=UTC)
        event.ends_at = datetime(2027, 3, 28, 8, tzinfo=UTC)
        event.published_at = event.starts_at
    clock.set(datetime(2026, 10, 24, 8, tzinfo=UTC))
    olga = sign_in(stage.olga)
    data = {"audience": "everybody", "text": "Night shift", "send_at": "2026-10-25T02:30"}
    asked = olga.post("/events/q4/announcements", data=data)
    assert asked.status_code == 422
    assert 'name="which"' in texts(asked)
    assert (
        olga.post("/events/q4/announcements", data={**data, "which": "second"}).status_code == 303
    )
    gap = olga.post("/events/q4/announcements", data={**data, "send_at": "2027-03-28T02:30"})
    assert gap.status_code == 422
    assert "clocks go forward" in texts(gap)
    with app.app_context():
        (row,) = reading().query(Announcement)
        assert row.send_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    page = texts(olga.get(f"/events/q4/announcements/{row.id}"))
    assert '<option selected value="second">' in page


def test_an_open_page_hears_of_it_without_reload(app, stage, connect, tick):
    paul = connect(stage.paul)
    with app.app_context():
        announce(stage)
    follow_facts(app)
    tick()
    news = [entry["args"][0] for entry in paul.get_received() if entry["name"] == "event.notice"]
    assert [entry["link"] for entry in news] == ["/events/q4/announcements"]


def test_the_part_that_open_pages_fetch_holds_the_banners_alone(app, stage, sign_in):
    with app.app_context():
        announce(stage)
    part = texts(sign_in(stage.paul).get("/events/q4/announcements/banners"))
    assert "data-banner=" in part
    assert "<html" not in part


def test_900_people_are_told_in_a_handful_of_statements(cast, database):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        for number in range(60):
            make_participant(session, make_person(session, name=f"Guest {number}"), event)
    announce(cast)
    asked = []
    engine = reading().get_bind()
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    follow(database)
    assert len([text for text in asked if "INSERT INTO notices" in text]) <= 1
    assert reading().query(Notice).count() == 63
