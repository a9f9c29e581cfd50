"""Events are made, published, moved and joined."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from make import make_person
from sqlalchemy import select

from hackathon.events import queries, service
from hackathon.events.models import Event
from hackathon.events.rules import Phase
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links, facts_of, note_texts
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import Notice

PLAN = service.Plan(
    name="Winter Hackathon",
    slug="winter",
    zone="Europe/Berlin",
    starts_at=datetime(2027, 2, 4, 8, tzinfo=UTC),
    ends_at=datetime(2027, 2, 6, 16, tzinfo=UTC),
)


def do(verb, player, *args, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), *args, **more)


def test_one_form_is_enough(cast):
    event = do(service.create_event, cast.lena, PLAN)
    assert event.quarter == "2027-Q1"
    assert event.submissions_close_at == PLAN.ends_at - timedelta(hours=4)
    assert queries.phase_of(reading(), event) is Phase.DRAFT
    assert load_actor(reading(), cast.lena.id).organizes(event.id)


def test_only_program_leads_and_administrators_make_events(cast):
    for player in (cast.paul, cast.olga, cast.judith):
        with pytest.raises(NotAllowed):
            do(service.create_event, player, PLAN)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"slug": "Bad Slug"}, "slug"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"ends_at": PLAN.starts_at}, "ends"),
        ({"quarter": "2027-Q5"}, "quarter"),
        ({"team_min": 6}, "team_max"),
        ({"submissions_close_at": PLAN.ends_at + timedelta(hours=1)}, "submissions"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(cast, change, field):
    with pytest.raises(Invalid) as refused:
        do(service.create_event, cast.lena, replace(PLAN, **change))
    assert refused.value.field == field
    assert reading().query(Event).filter_by(slug="winter").count() == 0


def test_an_address_is_taken_once(cast):
    do(service.create_event, cast.lena, PLAN)
    with pytest.raises(Conflict, match="already an event"):
        do(service.create_event, cast.lena, PLAN)


def test_a_draft_is_hidden_from_everybody_but_organizers(cast):
    do(service.create_event, cast.lena, PLAN)
    for player in (None, cast.paul, cast.olga):
        who = load_actor(reading(), player.id) if player else None
        with pytest.raises(NotFound):
            queries.find_event(reading(), who, "winter")
    assert queries.find_event(reading(), load_actor(reading(), cast.ada.id), "winter")


def test_a_move_keeps_its_reason_and_is_a_fact(cast):
    do(
        service.move_phase, cast.olga,
        event_id=cast.event_id, phase=Phase.JUDGING, reason="The building closes early.",
    )  # fmt: skip
    event = reading().get(Event, cast.event_id)
    assert queries.phase_of(reading(), event) is Phase.JUDGING
    move = queries.move_history(reading(), cast.event_id)[0]
    assert note_texts(reading(), [move.note_id]) == {move.note_id: "The building closes early."}
    fact = facts_of(reading(), f"event:{cast.event_id}")[-1]
    assert fact.kind == "phase.moved"
    assert "building" not in fact.body
    assert broken_links(reading()) == []


def test_a_move_without_a_reason_or_by_a_stranger_changes_nothing(cast):
    more = {"event_id": cast.event_id, "phase": Phase.JUDGING}
    with pytest.raises(Invalid):
        do(service.move_phase, cast.olga, **more, reason="  ")
    for player in (cast.paul, cast.rita):
        with pytest.raises(NotAllowed):
            do(service.move_phase, player, **more, reason="I want to")
    assert queries.move_history(reading(), cast.event_id) == []


def test_fifteen_minutes_more_move_the_deadline_for_all(cast):
    before = reading().get(Event, cast.event_id).submissions_close_at
    do(
        service.extend_deadline, cast.olga,
        event_id=cast.event_id, minutes=15, reason="Wi-Fi was down",
    )  # fmt: skip
    assert reading().get(Event, cast.event_id).submissions_close_at == before + timedelta(
        minutes=15
    )


def test_time_that_has_passed_cannot_be_given(cast, clock):
    clock.forward(timedelta(days=2))
    with pytest.raises(Conflict, match="in the past"):
        do(
            service.extend_deadline, cast.olga,
            event_id=cast.event_id, minutes=15, reason="Too late",
        )  # fmt: skip


def _joined(cast, **more):
    event = reading().get(Event, cast.event_id)
    values = {"accepts_version": event.terms_version, "role": "data scientist"} | more
    return do(
        service.register, cast.judith,
        token=event.join_token, joining=service.Joining(**values),
    )  # fmt: skip


def test_joining_needs_the_text_in_its_present_version(cast):
    for version in (None, 0, 7):
        with pytest.raises(Invalid, match="accept the event's text"):
            _joined(cast, accepts_version=version)
    row = _joined(cast)
    assert (row.terms_version, row.role) == (1, "data scientist")
    assert row.accepted_at is not None
    assert load_actor(reading(), cast.judith.id).takes_part(cast.event_id)


def test_the_registered_accept_the_text_also_while_the_join_link_is_closed(cast):
    do(service.set_join_link, cast.olga, event_id=cast.event_id, is_open=False)
    with transaction() as session:
        session.get_one(Event, cast.event_id).terms_version = 2
    for wrong in (None, 1, 3):
        with pytest.raises(Invalid, match="accept the event's text"):
            do(service.accept_terms, cast.paul, event_id=cast.event_id, version=wrong)
    for _ in range(2):
        do(service.accept_terms, cast.paul, event_id=cast.event_id, version=2)
    row = queries.registration_of(reading(), cast.event_id, cast.paul.id)
    assert (row.terms_version, row.accepted_at) == (2, now())
    told = [
        fact for fact in facts_of(reading(), f"event:{cast.event_id}")
        if fact.kind == "registration.changed"
    ]  # fmt: skip
    assert [fact.values["terms_version"] for fact in told] == [2]


def test_who_is_not_registered_accepts_nothing_nor_anybody_once_the_event_is_closed(cast):
    with pytest.raises(NotFound, match="registered"):
        do(service.accept_terms, cast.olga, event_id=cast.event_id, version=1)
    with transaction() as session:
        session.get_one(Event, cast.event_id).closed_at = now()
    with pytest.raises(Conflict, match="while the event is on"):
        do(service.accept_terms, cast.paul, event_id=cast.event_id, version=1)


def test_joining_again_changes_what_was_said_and_nothing_else(cast):
    first = _joined(cast)
    second = _joined(cast, skills="SQL")
    assert (second.id, second.skills) == (first.id, "SQL")


def test_joining_gives_no_rights_to_organize(cast):
    _joined(cast)
    actor = load_actor(reading(), cast.judith.id)
    assert not actor.organizes(cast.event_id)


def test_a_closed_or_replaced_link_leads_nowhere(cast):
    token = reading().get(Event, cast.event_id).join_token
    do(service.set_join_link, cast.olga, event_id=cast.event_id, is_open=False)
    with pytest.raises(Gone):
        service.find_join(reading(), token)
    fresh = do(service.set_join_link, cast.olga, event_id=cast.event_id, is_open=True)
    assert service.find_join(reading(), fresh).id == cast.event_id
    with pytest.raises(Gone):
        service.find_join(reading(), token)


def test_a_mail_domain_keeps_others_out(cast):
    with transaction() as session:
        session.get_one(Event, cast.event_id).join_domain = "example.com"
        outsider = make_person(session, name="Outsider", email="x@evil-example.com")
    event = reading().get(Event, cast.event_id)
    joining = service.Joining(accepts_version=1)
    with pytest.raises(NotAllowed, match=r"addresses of example\.com"):
        do(service.register, outsider, token=event.join_token, joining=joining)
    _joined(cast)


def test_nobody_joins_once_judging_began(cast, clock):
    clock.forward(timedelta(days=1, hours=4))
    with pytest.raises(Conflict, match="phase judging"):
        _joined(cast)


def test_two_people_who_change_an_event_at_once_do_not_overwrite_each_other(cast):
    event = do(service.create_event, cast.lena, PLAN)
    more = {"event_id": event.id, "version": event.version}
    do(service.change_event, cast.lena, plan=replace(PLAN, name="First"), **more)
    with pytest.raises(Conflict, match="saved first"):
        do(service.change_event, cast.ada, plan=replace(PLAN, name="Second"), **more)
    assert reading().get(Event, event.id).name == "First"


def test_moving_a_published_date_needs_a_reason(cast):
    event = do(service.create_event, cast.lena, PLAN)
    do(service.publish_event, cast.lena, event_id=event.id)
    later = replace(PLAN, ends_at=PLAN.ends_at + timedelta(hours=1))
    with pytest.raises(Invalid, match="Say why"):
        do(service.change_event, cast.lena, event_id=event.id, plan=later, version=event.version)
    do(
        service.change_event, cast.lena, event_id=event.id, plan=later,
        version=event.version, reason="The hall is ours longer",
    )  # fmt: skip


def test_a_changed_text_is_a_new_version(cast):
    event = do(service.create_event, cast.lena, replace(PLAN, terms="One"))
    changed = do(
        service.change_event, cast.lena, event_id=event.id,
        plan=replace(PLAN, terms="Two"), version=event.version,
    )  # fmt: skip
    assert changed.terms_version == 2


def test_closing_comes_after_the_results(cast):
    with pytest.raises(Conflict):
        do(service.close_event, cast.olga, event_id=cast.event_id, reason="Over")
    do(service.mark_revealed, cast.olga, event_id=cast.event_id)
    do(service.close_event, cast.olga, event_id=cast.event_id, reason="All is in the backlog")
    event = reading().get(Event, cast.event_id)
    assert queries.phase_of(reading(), event) is Phase.CLOSED


@pytest.mark.parametrize("door", ["extend", "settings"])
def test_everybody_learns_of_a_moved_deadline_by_mail_only_who_wants_mails(cast, database, door):
    with transaction() as session:
        session.get_one(Person, cast.pia.id).by_mail = False
    place = {"event_id": cast.event_id, "reason": "The hall opened late"}
    if door == "extend":
        do(service.extend_deadline, cast.olga, **place, minutes=30)
    else:
        event = reading().get(Event, cast.event_id)
        plan = replace(
            PLAN, name=event.name, starts_at=event.starts_at, ends_at=event.ends_at,
            submissions_close_at=event.submissions_close_at + timedelta(minutes=30),
            quarter=event.quarter,
        )  # fmt: skip
        do(service.change_event, cast.olga, **place, plan=plan, version=event.version)
    for _ in range(2):
        follow_facts(database)
    told = list(reading().scalars(select(Notice)))
    assert {notice.person_id for notice in told} == {cast.paul.id, cast.pia.id}
    assert told[0].text == (
        "Autumn Hackathon: submissions close Sun 22 Nov 2026, 13:30 CET (Europe/Berlin) now. "
        "The hall opened late"
    )
    (letter,) = reading().scalars(select(OutgoingMail))
    assert (letter.address, letter.subject) == (
        "paul@example.com", "Autumn Hackathon: a new deadline",
    )  # fmt: skip


def test_nobody_is_told_of_a_change_that_moves_no_date(cast, database):
    event = reading().get(Event, cast.event_id)
    plan = replace(
        PLAN, name="Another name", starts_at=event.starts_at, ends_at=event.ends_at,
        submissions_close_at=event.submissions_close_at,
    )  # fmt: skip
    do(service.change_event, cast.olga, event_id=event.id, plan=plan, version=event.version)
    follow_facts(database)
    assert list(reading().scalars(select(Notice))) == []
