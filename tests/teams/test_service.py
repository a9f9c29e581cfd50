"""Teams form; one team a person an event and never above size, whatever races."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import make_event, make_participant, make_person

from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.queries import find_person
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, Refusal
from hackathon.shared.facts import broken_links
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import notices_of
from hackathon.teams import queries, service
from hackathon.teams.models import JoinRequest, Membership, Team


def as_(player):
    return load_actor(reading(), player.id)


def do(verb, player, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), **more)


@pytest.fixture
def owls(cast):
    """A team of Paul's."""
    return do(service.create_team, cast.paul, event_id=cast.event_id, name="Owls").id


def members(team_id):
    query = sa.select(Membership.person_id).filter_by(team_id=team_id, left_at=None)
    return set(reading().scalars(query))


def test_who_makes_a_team_is_its_captain_and_first_member(cast, owls):
    team = reading().get(Team, owls)
    assert (team.captain_id, team.member_count, team.capacity) == (cast.paul.id, 1, 5)
    assert members(owls) == {cast.paul.id}


@pytest.mark.parametrize("name", ["Owls", " oWLS ", "\uff2fwls"])
def test_two_teams_of_an_event_cannot_have_one_name(cast, owls, name):
    with pytest.raises(Conflict, match="Another team has that name"):
        do(service.create_team, cast.pia, event_id=cast.event_id, name=name)


def test_a_name_in_arabic_is_a_name(cast):
    team = do(service.create_team, cast.pia, event_id=cast.event_id, name="فريق البوم")
    assert team.name == "فريق البوم"


def test_only_participants_make_teams(cast):
    for player in (cast.judith, cast.olga):
        with pytest.raises(NotAllowed):
            do(service.create_team, player, event_id=cast.event_id, name="X")


def test_nobody_is_in_two_teams(cast, owls):
    with pytest.raises(Conflict, match="Already in a team"):
        do(service.create_team, cast.paul, event_id=cast.event_id, name="Bees")
    assert reading().scalar(sa.select(sa.func.count(Team.id))) == 1


def test_the_database_itself_refuses_a_second_team_and_a_member_too_many(cast, owls):
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(Membership(event_id=cast.event_id, team_id=owls, person_id=cast.paul.id))
    with transaction() as session:
        session.get_one(Team, owls).capacity = 1
    with pytest.raises(sa.exc.IntegrityError, match="not_above_size"), transaction() as session:
        session.add(Membership(event_id=cast.event_id, team_id=owls, person_id=cast.pia.id))
    with pytest.raises(sa.exc.DBAPIError, match="never deleted"), transaction() as session:
        session.execute(sa.delete(Membership))


def test_a_membership_cannot_point_at_another_event(cast, owls):
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(Membership(event_id=cast.other_event_id, team_id=owls, person_id=cast.pia.id))


def test_line_10_an_invitation_is_for_its_address_and_works_once(cast, owls):
    token = do(
        service.invite, cast.paul, event_id=cast.event_id, team_id=owls,
        email="PIA@example.com", address="http://localhost",
    )  # fmt: skip
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        rita = session.get_one(Person, cast.rita.id)
        make_participant(session, rita, event)
    with pytest.raises(NotAllowed, match="for another address"):
        do(service.accept_invitation, cast.rita, token=token)
    do(service.accept_invitation, cast.pia, token=token)
    assert members(owls) == {cast.paul.id, cast.pia.id}
    with pytest.raises(Gone):
        do(service.accept_invitation, cast.pia, token=token)
    assert token in reading().scalar(sa.select(OutgoingMail.body))


def test_an_invitation_ends_after_three_days_or_when_taken_back(cast, owls, clock):
    more = {"event_id": cast.event_id, "team_id": owls}
    token = do(service.invite, cast.paul, **more, email="pia@example.com", address="")
    invitation = queries.open_invitations(reading(), owls)[0]
    do(service.revoke, cast.paul, **more, invitation_id=invitation.id)
    with pytest.raises(Gone):
        service.find_invitation(reading(), token)
    token = do(service.invite, cast.paul, **more, email="pia@example.com", address="")
    clock.forward(timedelta(hours=72))
    with pytest.raises(Gone):
        service.find_invitation(reading(), token)


def test_only_the_captain_invites_and_answers(cast, owls):
    more = {"event_id": cast.event_id, "team_id": owls}
    with pytest.raises(NotAllowed, match="captain"):
        do(service.invite, cast.pia, **more, email="x@example.com", address="")


def test_an_accepted_request_lets_the_others_lapse(database, cast, owls):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        kim = make_person(session, name="Kim")
        make_participant(session, kim, event)
    bees = do(service.create_team, kim, event_id=cast.event_id, name="Bees").id
    for team_id in (owls, bees):
        do(service.ask_to_join, cast.pia, event_id=cast.event_id, team_id=team_id, message="Hi")
    asked = queries.open_requests(reading(), cast.event_id, owls)
    more = {"event_id": cast.event_id, "team_id": owls, "request_id": asked[0].request.id}
    do(service.answer_request, cast.paul, **more, accept=True)
    assert members(owls) == {cast.paul.id, cast.pia.id}
    states = set(reading().scalars(sa.select(JoinRequest.state)))
    assert states == {"accepted", "lapsed"}
    with pytest.raises(Conflict, match="answered already"):
        do(service.answer_request, cast.paul, **more, accept=True)
    follow_facts(database)
    reading().rollback()
    assert notices_of(reading(), cast.pia.id)[0].text == "You are in Owls now."


def test_a_request_of_another_team_is_not_found(cast, owls):
    with pytest.raises(NotFound):
        do(
            service.answer_request, cast.paul, event_id=cast.event_id, team_id=owls,
            request_id=999, accept=True,
        )  # fmt: skip
    with pytest.raises(NotFound):
        do(service.ask_to_join, cast.pia, event_id=cast.other_event_id, team_id=owls, message="")


def test_when_the_captain_leaves_the_longest_member_follows_and_an_empty_team_is_archived(
    cast, owls
):
    more = {"event_id": cast.event_id, "team_id": owls}
    do(service.add_member, cast.olga, **more, person_id=cast.pia.id, reason="Alone until now")
    do(service.leave, cast.paul, **more)
    assert reading().get(Team, owls).captain_id == cast.pia.id
    do(service.leave, cast.pia, **more)
    team = reading().get(Team, owls)
    assert team.archived_at is not None
    assert team.member_count == 0


def test_organizers_place_people_with_a_reason_that_is_kept(cast, owls):
    more = {"event_id": cast.event_id, "team_id": owls, "person_id": cast.pia.id}
    with pytest.raises(NotAllowed):
        do(service.add_member, cast.paul, **more, reason="mine")
    do(service.add_member, cast.olga, **more, reason="Alone until now")
    assert broken_links(reading()) == []


def test_an_organizer_who_removes_or_places_somebody_says_why(cast, owls):
    more = {"event_id": cast.event_id, "team_id": owls, "person_id": cast.pia.id}
    with pytest.raises(Invalid, match="Say why"):
        do(service.add_member, cast.olga, **more, reason=" ")
    do(service.add_member, cast.olga, **more, reason="Alone until now")
    with pytest.raises(Invalid, match="Say why"):
        do(service.leave, cast.olga, **more)
    assert members(owls) == {cast.paul.id, cast.pia.id}
    do(service.leave, cast.olga, **more, reason="Signed up for the other team")
    assert members(owls) == {cast.paul.id}


def test_nobody_is_invited_or_accepted_once_judging_began(cast, owls, clock):
    asked = do(service.ask_to_join, cast.pia, event_id=cast.event_id, team_id=owls, message="")
    clock.forward(timedelta(days=1, hours=4))
    more = {"event_id": cast.event_id, "team_id": owls}
    for player in (cast.paul, cast.olga):
        with pytest.raises(Conflict, match="phase judging"):
            do(service.invite, player, **more, email="x@example.com", address="")
        with pytest.raises(Conflict, match="phase judging"):
            do(service.answer_request, player, **more, request_id=asked.id, accept=True)


def test_after_hacking_only_organizers_change_teams_and_say_why(cast, owls, clock):
    clock.forward(timedelta(days=1, hours=4))  # Sunday 13:00 UTC: judging
    more = {"event_id": cast.event_id, "team_id": owls, "person_id": cast.pia.id}
    with pytest.raises(Conflict, match="phase judging"):
        do(service.create_team, cast.pia, event_id=cast.event_id, name="Late")
    with pytest.raises(Invalid, match="Say why"):
        do(service.add_member, cast.olga, **more, reason=" ")
    do(service.add_member, cast.olga, **more, reason="Was there all weekend")
    assert members(owls) == {cast.paul.id, cast.pia.id}


def test_a_locked_team_takes_nobody_in(cast, owls):
    more = {"event_id": cast.event_id, "team_id": owls}
    do(service.set_lock, cast.paul, **more, is_locked=True)
    with pytest.raises(Conflict, match="locked"):
        do(service.ask_to_join, cast.pia, **more, message="")
    do(service.set_lock, cast.paul, **more, is_locked=False)
    do(service.ask_to_join, cast.pia, **more, message="")


def test_a_team_cannot_be_made_smaller_than_it_is_or_larger_than_the_event_allows(cast, owls):
    more = {"event_id": cast.event_id, "team_id": owls, "name": "Owls", "about": ""}
    do(
        service.add_member, cast.olga, event_id=cast.event_id, team_id=owls,
        person_id=cast.pia.id, reason="Alone",
    )  # fmt: skip
    with pytest.raises(Conflict, match="already has 2"):
        do(service.change_team, cast.paul, **more, capacity=1)
    with pytest.raises(Invalid, match="at most 5"):
        do(service.change_team, cast.paul, **more, capacity=6)


def _race(database, jobs):
    """Run each job at the same moment in its own thread; returns the refusals' words."""
    barrier = threading.Barrier(len(jobs))
    words, crashes = [], []

    def run(job):
        with database.app_context():
            barrier.wait()
            try:
                job()
            except Refusal as refusal:
                words.append(refusal.word)
            except Exception as error:  # noqa: BLE001 - reported below
                crashes.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crashes == []
    return words


def test_line_11_of_fifty_who_join_at_once_only_as_many_as_fit_get_in(database, cast, owls):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        crowd = [make_person(session) for _ in range(50)]
        for person in crowd:
            make_participant(session, person, event)
        ids = [person.id for person in crowd]
    tokens = {}
    for person_id in ids:
        with transaction() as session:
            person = find_person(session, person_id)
            tokens[person_id] = service.invite(
                session, load_actor(session, cast.paul.id), event_id=cast.event_id,
                team_id=owls, email=person.email, address="",
            )  # fmt: skip

    def joining(person_id):
        def job():
            with transaction() as session:
                service.accept_invitation(
                    session, load_actor(session, person_id), token=tokens[person_id]
                )

        return job

    words = _race(database, [joining(person_id) for person_id in ids])
    assert words == ["team_full"] * 46
    assert len(members(owls)) == 5
    assert queries.wrong_counts(reading()) == []


def test_line_12_one_person_who_accepts_many_teams_at_once_is_in_exactly_one(database, cast):
    with transaction() as session:
        event = make_event(session, slug="crowded")
        pia = find_person(session, cast.pia.id)
        make_participant(session, pia, event)
        event_id = event.id
        captains = [make_person(session) for _ in range(8)]
        for person in captains:
            make_participant(session, person, event)
    tokens = []
    for number, captain in enumerate(captains):
        team = do(service.create_team, captain, event_id=event_id, name=f"Team {number}")
        tokens.append(
            do(
                service.invite,
                captain,
                event_id=event_id,
                team_id=team.id,
                email="pia@example.com",
                address="",
            )
        )

    def joining(token):
        def job():
            with transaction() as session:
                service.accept_invitation(session, load_actor(session, cast.pia.id), token=token)

        return job

    words = _race(database, [joining(token) for token in tokens])
    assert words == ["in_a_team"] * 7
    assert queries.team_of(reading(), event_id, cast.pia.id) is not None
    assert queries.wrong_counts(reading()) == []


def test_nobody_is_invited_into_a_full_team(cast, owls):
    with transaction() as session:
        session.get_one(Team, owls).capacity = 1
    where = {"event_id": cast.event_id, "team_id": owls}
    with pytest.raises(Conflict, match="full"):
        do(service.invite, cast.paul, **where, email="pia@example.com", address="http://x")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_team_s_name_has_1_to_80_characters(cast, name):
    with pytest.raises(Invalid, match="1 to 80"):
        do(service.create_team, cast.paul, event_id=cast.event_id, name=name)


def test_a_team_looks_for_one_of_the_five_roles(cast, owls):
    where = {"event_id": cast.event_id, "team_id": owls}
    with pytest.raises(Invalid, match="five roles"):
        do(service.open_place, cast.paul, **where, role="wizard", wanted="")
