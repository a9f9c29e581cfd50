"""The agenda: lines at true instants, now and next, a calendar, copied day for day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from make import client_of, make_event

from hackathon.events import rules
from hackathon.events import service as events
from hackathon.events.models import AgendaItem, Event
from hackathon.events.queries.agenda import ahead_of, items_of
from hackathon.events.service import agenda as service
from hackathon.events.service.agenda import Slot
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of

HOUR = timedelta(hours=1)
NINE = datetime(2026, 11, 21, 8, tzinfo=UTC)  # 9:00 in Berlin
LUNCH = Slot("Lunch", NINE + 3 * HOUR, NINE + 4 * HOUR, "Hall", "https://example.com/menu")


def do(verb, player, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), **more)


def add(cast, slot=LUNCH):
    return do(service.add_item, cast.olga, event_id=cast.event_id, slot=slot)


def test_what_is_now_and_next(cast, clock):
    add(cast)
    add(cast, Slot("Check-in", NINE + 5 * HOUR))
    add(cast, Slot("Doors open", NINE - HOUR, NINE + 8 * HOUR))

    def ahead(moment):
        found = ahead_of(reading(), cast.event_id, "Europe/Berlin", moment)
        return [line.item.title for line in found.now], [line.item.title for line in found.later]

    assert ahead(NINE) == (["Doors open"], ["Lunch", "Check-in"])
    assert ahead(NINE + 3 * HOUR) == (["Doors open", "Lunch"], ["Check-in"])
    assert ahead(NINE + 4 * HOUR) == (["Doors open"], ["Check-in"])
    assert ahead(NINE + 8 * HOUR) == ([], [])


def test_a_line_says_its_zone_unless_it_is_the_readers_own(cast, clock):
    add(cast)
    add(cast, Slot("Night shift", NINE, NINE + 30 * HOUR))

    def shown(zone, **more):
        found = ahead_of(reading(), cast.event_id, zone, NINE, **more)
        return [(line.starts, line.ends, line.zone) for line in found.now + found.later]

    assert shown("Europe/Berlin") == [("09:00", "Sun 15:00", ""), ("12:00", "13:00", "")]
    assert [zone for *_, zone in shown("Europe/Berlin", is_own=False)] == ["CET", "CET"]
    assert shown("America/New_York", is_own=False)[1] == ("06:00", "07:00", "EST")


def test_a_line_is_changed_once_at_a_time_and_taken_out(cast):
    item = add(cast)
    place = {"event_id": cast.event_id, "item_id": item.id}
    do(service.change_item, cast.olga, **place, slot=replace(LUNCH, title="Late lunch"), version=1)
    with pytest.raises(Conflict, match="changed it first"):
        do(service.change_item, cast.lena, **place, slot=LUNCH, version=1)
    assert [row.title for row in items_of(reading(), cast.event_id)] == ["Late lunch"]
    do(service.remove_item, cast.olga, **place)
    with pytest.raises(NotFound):
        do(service.remove_item, cast.olga, **place)
    kinds = [fact.kind for fact in facts_of(reading(), f"event:{cast.event_id}")]
    assert kinds == ["agenda.added", "agenda.changed", "agenda.removed"]


@pytest.mark.parametrize(
    ("slot", "field"),
    [
        (replace(LUNCH, title="  "), "title"),
        (replace(LUNCH, ends_at=LUNCH.starts_at), "ends"),
        (replace(LUNCH, ends_at=LUNCH.starts_at + timedelta(days=4)), "ends"),
        (replace(LUNCH, link="javascript:alert(1)"), "link"),
        (replace(LUNCH, link="https://a b"), "link"),
    ],
)
def test_what_cannot_be_is_refused(cast, slot, field):
    with pytest.raises(Invalid) as refused:
        add(cast, slot)
    assert refused.value.field == field


def test_the_database_itself_refuses_an_end_before_the_start(cast):
    with pytest.raises(sa.exc.IntegrityError, match="starts_before_end"), transaction() as session:
        session.add(
            AgendaItem(event_id=cast.event_id, title="X", starts_at=NINE, ends_at=NINE - HOUR)
        )


def test_only_organizers_write_it_and_not_after_the_end(cast):
    with pytest.raises(NotAllowed):
        do(service.add_item, cast.paul, event_id=cast.event_id, slot=LUNCH)
    item = add(cast)
    with pytest.raises(NotFound):
        do(service.remove_item, cast.rita, event_id=cast.other_event_id, item_id=item.id)
    do(events.mark_revealed, cast.olga, event_id=cast.event_id)
    do(events.close_event, cast.olga, event_id=cast.event_id, reason="All is done.")
    with pytest.raises(Conflict, match="closed"):
        add(cast)


# --- copied ---------------------------------------------------------------------------


def test_a_copied_event_takes_its_agenda_along_over_a_clock_change(cast):
    add(cast)
    add(cast, Slot("Day two", NINE + timedelta(days=1)))
    plan = events.Plan(
        name="Summer", slug="summer", zone="Europe/Berlin",
        starts_at=datetime(2027, 6, 9, 6, 30, tzinfo=UTC),
        ends_at=datetime(2027, 6, 11, 15, tzinfo=UTC),
    )  # fmt: skip
    made = do(events.create_event, cast.lena, plan=plan, copied_from_id=cast.event_id)
    zone = ZoneInfo("Europe/Berlin")
    copied = [
        (row.title, f"{row.starts_at.astimezone(zone):%d.%m. %H:%M}", row.place)
        for row in items_of(reading(), made.id)
    ]
    # lunch was at noon on the second day of an event that began on the 20th
    assert copied == [("Lunch", "10.06. 12:00", "Hall"), ("Day two", "11.06. 09:00", "")]
    assert len(items_of(reading(), cast.event_id)) == 2


def test_a_night_line_copied_into_the_lost_hour_still_ends_after_it_starts(cast):
    start = datetime(2026, 11, 20, 8, tzinfo=UTC)
    night = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)  # 2:30 in Berlin
    add(cast, Slot("Night shift", night, night + timedelta(minutes=30)))
    plan = events.Plan(
        name="Spring", slug="spring", zone="Europe/Berlin",
        starts_at=datetime(2027, 3, 27, 8, tzinfo=UTC), ends_at=datetime(2027, 3, 29, 8, tzinfo=UTC),
    )  # fmt: skip
    made = do(events.create_event, cast.lena, plan=plan, copied_from_id=cast.event_id)
    (row,) = items_of(reading(), made.id)
    assert row.starts_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # 3:30, there is no 2:30
    assert row.ends_at == row.starts_at + timedelta(minutes=30)
    assert start < row.starts_at


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])


@given(start=MOMENTS, to=MOMENTS, after=st.timedeltas(timedelta(0), timedelta(days=3)), zone=ZONES)
def test_moved_along_keeps_the_wall_clock_unless_that_time_does_not_exist(start, to, after, zone):
    info, moment = ZoneInfo(zone), start + after
    moved = rules.moved_along(moment, start=start, zone=zone, to=to, new_zone=zone)
    was, is_now = moment.astimezone(info), moved.astimezone(info)
    assert (is_now.date() - to.astimezone(info).date()).days in {
        (was.date() - start.astimezone(info).date()).days + step for step in (0, 1)
    }
    wanted = datetime.combine(is_now.date(), was.time(), tzinfo=info)
    exists = wanted.astimezone(UTC).astimezone(info).time() == was.time()
    assert not exists or is_now.time() == was.time()


# --- pages ----------------------------------------------------------------------------


def texts(answer):
    return answer.get_data(as_text=True)


LINE = {
    "title": "Mittagessen", "starts": "2026-11-21T12:00", "ends": "2026-11-21T13:00",
    "place": "Halle", "link": "",
}  # fmt: skip


def test_an_organizer_writes_the_agenda_and_everybody_reads_it(app, stage, sign_in, clock):
    olga = sign_in(stage.olga)
    for _ in range(2):
        assert olga.post("/events/q4/agenda", data={**LINE, "once": "k"}).status_code == 303
    clock.set(datetime(2026, 11, 21, 11, 30, tzinfo=UTC))
    with app.app_context():
        (item,) = reading().query(AgendaItem)
        assert item.starts_at == datetime(2026, 11, 21, 11, tzinfo=UTC)
    with app.app_context(), transaction() as session:
        session.get_one(Person, stage.pia.id).zone = "Europe/Lisbon"
    own = texts(sign_in(stage.pia).get("/events/q4/agenda"))
    assert "until 12:00 in" in own  # in her own zone, which needs no name
    assert '<span class="text-secondary">CET</span>' not in own
    page = texts(client_of(app).get("/events/q4/agenda"))
    assert '<span class="text-secondary">CET</span>' in page
    assert "Now: <bdi>Mittagessen</bdi>, until 13:00 CET" in page
    assert "Subscribe" not in page
    assert "Now and next" in texts(sign_in(stage.paul).get("/events/q4"))
    assert 'value="2026-11-21T12:00"' in texts(olga.get(f"/events/q4/agenda/{item.id}"))
    changed = {**LINE, "title": "Lunch", "version": "1"}
    assert olga.post(f"/events/q4/agenda/{item.id}", data=changed).status_code == 303
    assert olga.post(f"/events/q4/agenda/{item.id}", data=changed).status_code == 409
    assert olga.post(f"/events/q4/agenda/{item.id}/remove").status_code == 303
    assert "Lunch" not in texts(olga.get("/events/q4/agenda"))


@pytest.mark.parametrize("change", [{"starts": ""}, {"starts": "soon"}, {"link": "ftp://x"}])
def test_a_bad_line_is_refused_with_the_typed_text_kept(stage, sign_in, change):
    answer = sign_in(stage.olga).post("/events/q4/agenda", data={**LINE, **change})
    assert answer.status_code == 422
    assert 'value="Mittagessen"' in texts(answer)


def feed_of(client):
    page = texts(client.get("/events/q4/agenda"))
    return page.split('class="joinbox">')[1].split("<")[0].removeprefix("http://localhost")


def test_a_calendar_follows_by_a_private_address_without_signing_in(app, stage, sign_in):
    with app.app_context():
        add(stage)
        item = add(stage, Slot("الغداء", NINE, NINE + HOUR))
        do(
            service.change_item, stage.olga, event_id=stage.event_id, item_id=item.id,
            slot=Slot("الغداء", NINE, NINE + 2 * HOUR), version=1,
        )  # fmt: skip
    address = feed_of(sign_in(stage.paul))
    answer = client_of(app).get(address)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"DTSTART:20261121T080000Z" in answer.data
    found = {entry["summary"]: entry for entry in Calendar.from_ical(answer.data).walk("VEVENT")}
    assert set(found) == {"الغداء", "Lunch", "Submissions close: Autumn Hackathon"}
    assert found["Lunch"].decoded("dtend") == LUNCH.ends_at
    assert (found["Lunch"]["location"], found["Lunch"]["url"]) == ("Hall", LUNCH.link)
    assert found["الغداء"]["sequence"] == 1 + 1
    assert answer.data == client_of(app).get(address).data
    assert address != feed_of(sign_in(stage.pia))


def test_a_calendars_address_ends_with_the_person_and_opens_no_other_event(app, stage, sign_in):
    address = feed_of(sign_in(stage.paul))
    client = client_of(app)
    assert client.get(address.replace("/q4/", "/other/")).status_code == 404
    assert client.get(address.replace(".ics", "x.ics")).status_code == 404
    with app.app_context(), transaction() as session:
        session.get_one(Person, stage.paul.id).disabled_at = now()
    assert client.get(address).status_code == 404


def test_a_draft_is_in_its_organizers_calendars_alone(app, stage, sign_in):
    address, olgas = feed_of(sign_in(stage.paul)), feed_of(sign_in(stage.olga))
    with app.app_context(), transaction() as session:
        session.get_one(Event, stage.event_id).published_at = None
    assert client_of(app).get(address).status_code == 404
    assert client_of(app).get(olgas).status_code == 200


def test_the_form_copies_the_agenda(app, stage, sign_in):
    with app.app_context():
        add(stage)
        with transaction() as session:
            assert make_event(session).id
    lena = sign_in(stage.lena)
    lena.post(
        "/events/new",
        data={
            "name": "Winter", "zone": "UTC", "starts": "2027-02-04T09:00", "copy": "q4",
            "ends": "2027-02-06T17:00", "team_min": "2", "team_max": "5",
        },
    )  # fmt: skip
    assert "Lunch" in texts(lena.get("/events/winter/agenda"))
