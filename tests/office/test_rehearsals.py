"""A rehearsal counts nowhere, sends no mail, and is discarded whole."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from backlog.scene import SUNDAY, TITLES, make_submission, reveal
from make import client_of, give_event_role, make_event, make_participant, make_person
from sqlalchemy import func, select

from hackathon.credits.models import TeamToken
from hackathon.credits.service import budgets, grants, spend
from hackathon.credits.service.tokens import make_token
from hackathon.events import service as events
from hackathon.events.models import Announcement, Event, Registration
from hackathon.events.rules import Audience
from hackathon.events.service.announcements import send_due, write_announcement
from hackathon.judging.models import Seat, StageToken
from hackathon.judging.service.stage import make_key
from hackathon.office.queries import differences
from hackathon.office.service.rehearsals import discard
from hackathon.people.access import load_actor
from hackathon.people.models import EventRoleGrant, Person
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import FactRow
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.money import Micros
from hackathon.shared.notices import Notice
from hackathon.teams import service as teams
from hackathon.teams.models import Team

CHANGING = re.compile(
    r'csrf-token" content="[^"]*"|name="(csrf_token|once)" value="[^"]*"|Reference [0-9a-f]{10}'
    r'|"reference":"[0-9a-f]{10}"|data-bell.*?</a>'
)
"""Tokens, the number of a refusal, and the bell: a rehearsal does tell its people."""
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DOLLARS = Micros(1_000_000)


def make_rehearsal(session, stage):
    """A rehearsal of the same days, with people and money, judged and revealed."""
    event = make_event(
        session, slug="try", name="Trying it out", is_rehearsal=True, join_token="join-try"
    )
    olga = session.get_one(Person, stage.olga.id)
    give_event_role(session, olga, event, "organizer")
    players = [session.get_one(Person, stage.paul.id), session.get_one(Person, stage.pia.id)]
    players += [make_person(session) for _ in range(2)]
    made = []
    for person, title in zip(players, TITLES, strict=True):
        make_participant(session, person, event)
        made.append(make_submission(session, event, person, title=f"Try {title}"))
    judges = [session.get_one(Person, stage.judith.id), session.get_one(Person, stage.jonas.id)]
    actor = load_actor(session, stage.olga.id)
    where = {"event_id": event.id}
    budgets.fund(session, actor, **where, amount=Micros(1500 * DOLLARS), key="fund-try")
    for project in made:
        grants.grant(
            session, actor, **where, team_id=project.team_id, amount=Micros(100 * DOLLARS),
            reason="To try", key=f"try-{project.id}",
        )  # fmt: skip
    found = reveal(
        session, event, judges, {row.id: mark for row, mark in zip(made, (5, 4, 3, 1), strict=True)}
    )
    make_key(session, actor, **where, round_id=found.id)
    make_token(session, actor, **where, team_id=made[0].team_id, name="launcher")
    return event.id


@pytest.fixture
def rehearsal(cast, clock):
    """The rehearsal on both engines; its event's id."""
    clock.set(SUNDAY)
    with transaction() as session:
        made = make_rehearsal(session, cast)
    clock.set(MONDAY)
    return made


def throw_away(player, event_id, reason="It went well"):
    with transaction() as session:
        return discard(session, load_actor(session, player.id), event_id=event_id, reason=reason)


def count(what, **where):
    return reading().scalar(select(func.count()).select_from(what).filter_by(**where))


def test_discarding_ends_every_door_to_a_rehearsal_and_keeps_its_history(cast, rehearsal):
    before = count(FactRow)
    follow_facts_of(rehearsal)
    done = throw_away(cast.olga, rehearsal)
    assert (done.roles, done.seats) == (5, 2)
    reading().rollback()
    assert count(EventRoleGrant, event_id=rehearsal) == 0
    assert count(Seat, removed_at=None) == 0
    assert count(StageToken, revoked_at=None) == 0
    assert count(TeamToken, revoked_at=None) == 0
    assert count(Registration, event_id=rehearsal) == 4  # its rows stay, and are found by nobody
    assert count(FactRow) > before
    assert differences(reading()) == []
    for slug in ("try", reading().get_one(Event, rehearsal).slug):
        with pytest.raises(NotFound):
            events.queries.find_event(reading(), load_actor(reading(), cast.ada.id), slug)
    listed = events.queries.events_for(reading(), load_actor(reading(), cast.ada.id))
    assert rehearsal not in {row.event.id for row in listed}
    assert not reading().scalars(select(Notice).where(Notice.link.startswith("/events/try"))).all()
    # its address is free for the real event
    with transaction() as session:
        lena = load_actor(session, cast.lena.id)
        plan = events.Plan(
            name="The real one", slug="try", zone="UTC",
            starts_at=datetime(2027, 1, 5, 8, tzinfo=UTC), ends_at=datetime(2027, 1, 7, 8, tzinfo=UTC),
        )  # fmt: skip
        assert events.create_event(session, lena, plan).slug == "try"


def follow_facts_of(_event_id):
    """What follows the facts so far: notices, and mails where some may leave."""
    from flask import current_app  # noqa: PLC0415 - only here

    follow_facts(current_app._get_current_object())


def test_what_a_discarded_rehearsal_was_to_say_later_is_never_said(cast, rehearsal, clock):
    with transaction() as session:
        row = write_announcement(
            session, load_actor(session, cast.olga.id), event_id=rehearsal, text="See you tomorrow",
            audience=Audience.EVERYBODY, send_at=MONDAY + timedelta(hours=1),
        )  # fmt: skip
        number = row.id
    throw_away(cast.olga, rehearsal)
    clock.set(MONDAY + timedelta(hours=2))
    with transaction() as session:
        assert send_due(session, announcement_id=number) is False
    assert reading().get_one(Announcement, number).withdrawn_at is not None


def test_only_its_organizers_discard_only_rehearsals_only_once(cast, rehearsal):
    with pytest.raises(NotAllowed):
        throw_away(cast.paul, rehearsal)
    with pytest.raises(Conflict, match="Only a rehearsal"):
        throw_away(cast.olga, cast.event_id)
    with pytest.raises(Invalid):
        throw_away(cast.olga, rehearsal, reason=" ")
    assert count(Event, discarded_at=None) == 3
    throw_away(cast.lena, rehearsal)
    reading().rollback()
    with pytest.raises(NotFound):
        throw_away(cast.lena, rehearsal)


def test_no_mail_leaves_a_rehearsal(cast, clock):
    with transaction() as session:
        event = make_event(session, slug="try", is_rehearsal=True, name="Trying it out")
        for name, role in (("olga", "organizer"), ("judith", "mentor")):
            give_event_role(session, session.get_one(Person, getattr(cast, name).id), event, role)
        for name in ("paul", "pia"):
            make_participant(session, session.get_one(Person, getattr(cast, name).id), event)
        olga, paul = load_actor(session, cast.olga.id), load_actor(session, cast.paul.id)
        where = {"event_id": event.id}
        team = teams.create_team(session, paul, **where, name="Owls")
        teams.invite(
            session, paul, **where, team_id=team.id, email="pia@example.com", address="http://x"
        )
        budgets.fund(session, olga, **where, amount=Micros(500 * DOLLARS), key="one")
        grants.grant(
            session, olga, **where, team_id=team.id, amount=Micros(10 * DOLLARS),
            reason="To try", key="two",
        )  # fmt: skip
        spend.record_charge(
            session, olga, **where, team_id=team.id, amount=Micros(9 * DOLLARS), source="AWS",
            reason="Invoice", key="three",
        )  # fmt: skip
        events.extend_deadline(session, olga, **where, minutes=15, reason="The network was down")
        write_announcement(
            session, olga, **where, text="Pizza is here", audience=Audience.EVERYBODY
        )
        events.move_phase(session, olga, **where, phase=events.Phase.JUDGING, reason="We hurry")
    follow_facts_of(0)
    reading().rollback()
    assert reading().scalars(select(Notice)).all() != []
    assert reading().scalars(select(OutgoingMail)).all() == []


FIGURES = (
    "/quarters", "/quarters/2026-Q4", "/quarters/2026-Q4/report.csv", "/quarters/2026-Q3",
    "/backlog", "/backlog.csv", "/quarters/plan/2026", "/quarters/plan/2026/plan.csv", "/events/q4/credits",
    "/events/q4/results/promote", "/events/q4/teams", "/events/q4/projects", "/events/q4/results",
)  # fmt: skip
LISTS = ("/", "/events", "/events/new?copy=q4", "/notices", "/api/v1/events/try")


def pages(app, stage, addresses):
    """Each page as a program lead, an organizer and a participant get it, without its tokens."""
    found = {}
    for name in ("lena", "olga", "paul"):
        client = client_of(app, getattr(stage, name))
        for path in addresses:
            answer = client.get(path)
            text = CHANGING.sub("", answer.get_data(as_text=True))
            found[name, path] = (answer.status_code, text)
    return found


def test_every_figure_has_the_same_bytes_with_and_without_a_rehearsal(app, won_stage, clock):
    stage = won_stage.cast
    with app.app_context():
        with transaction() as session:
            olga = load_actor(session, stage.olga.id)
            budgets.fund(
                session, olga, event_id=stage.event_id, amount=Micros(2000 * DOLLARS), key="fund"
            )
        follow_facts(app)
    figures, lists = pages(app, stage, FIGURES), pages(app, stage, LISTS)
    assert [at for at, (code, _) in figures.items() if code != 200 and at[0] == "lena"] == []
    clock.set(SUNDAY)
    with app.app_context():
        with transaction() as session:
            rehearsal = make_rehearsal(session, stage)
        follow_facts(app)
    clock.set(MONDAY)
    assert changed(figures, pages(app, stage, FIGURES)) == []
    assert "Trying it out" in pages(app, stage, ["/events"])["lena", "/events"][1]
    with app.app_context():
        throw_away(stage.olga, rehearsal)
        follow_facts(app)
    assert changed(figures, pages(app, stage, FIGURES)) == []
    assert changed(lists, pages(app, stage, LISTS)) == []


def changed(before, after):
    """(who, address, what was, what is) where the bytes differ."""
    found = []
    for (name, path), (code, text) in before.items():
        now_code, now_text = after[name, path]
        if (code, text) != (now_code, now_text):
            pairs = enumerate(zip(text, now_text, strict=False))
            at = next((n for n, (one, other) in pairs if one != other), 0)
            found.append((name, path, text[at - 60 : at + 60], now_text[at - 60 : at + 60]))
    return found


def test_it_is_ticked_on_the_form_said_on_every_page_and_discarded_from_its_settings(
    app, stage, sign_in
):
    lena = sign_in(stage.lena)
    assert "This is a rehearsal" in text_of(lena.get("/events/new"))
    typed = {"name": "Try", "zone": "UTC", "starts": "2026-12-01T09:00", "ends": "2026-12-03T17:00"}
    assert lena.post("/events/new", data={**typed, "is_rehearsal": "y"}).location == "/events/try"
    for path in ("", "/settings", "/people", "/teams", "/credits", "/judging/new"):
        page = text_of(lena.get(f"/events/try{path}"))
        assert "<strong>Rehearsal.</strong>" in page, path
    assert "<strong>Rehearsal.</strong>" not in text_of(lena.get("/events/q4"))
    assert "Discard the rehearsal" not in text_of(lena.get("/events/q4/settings"))
    settings = text_of(lena.get("/events/try/settings"))
    assert "Nothing that happened is deleted" in settings
    refused = lena.post("/events/try/discard", data={"reason": "Done"})
    assert (refused.status_code, "Nothing was discarded" in text_of(refused)) == (422, True)
    gone = lena.post("/events/try/discard", data={"reason": "Done", "sure": "yes"})
    assert (gone.status_code, gone.location) == (303, "/events")
    assert lena.get("/events/try").status_code == 404
    again = lena.post("/events/try/discard", data={"reason": "Done", "sure": "yes"})
    assert again.status_code == 404
    assert lena.post("/events/new", data=typed).location == "/events/try"
    assert "<strong>Rehearsal.</strong>" not in text_of(lena.get("/events/try"))


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def test_a_join_link_and_an_invitation_of_a_discarded_rehearsal_are_gone(cast, rehearsal, clock):
    clock.set(SUNDAY - timedelta(days=1))
    with transaction() as session:
        lena = load_actor(session, cast.lena.id)
        team = session.scalar(select(Team.id).filter_by(event_id=rehearsal).limit(1))
        token = teams.invite(
            session, lena, event_id=rehearsal, team_id=team, email="rita@example.com",
            address="http://x",
        )  # fmt: skip
    throw_away(cast.olga, rehearsal)
    reading().rollback()
    with pytest.raises(Gone):
        events.find_join(reading(), "join-try")
    with pytest.raises(Gone), transaction() as session:
        teams.find_invitation(session, token)


def test_a_real_event_never_becomes_a_rehearsal_by_its_form(app, stage, sign_in):
    olga = sign_in(stage.olga)
    typed = {"name": "Autumn", "zone": "Europe/Berlin", "starts": "2026-11-20T09:00",
             "ends": "2026-11-22T17:00", "submissions": "2026-11-22T13:00", "version": "1",
             "is_rehearsal": "y"}  # fmt: skip
    assert olga.post("/events/q4/settings", data=typed).status_code == 303
    with app.app_context():
        assert reading().get(Event, stage.event_id).is_rehearsal is False
