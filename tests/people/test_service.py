"""People come, get roles, sign in and out."""

from datetime import timedelta

import pytest

from hackathon.people import queries, service
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE, Role, SiteRole
from hackathon.shared import sessions
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotSignedIn
from hackathon.shared.facts import facts_of
from hackathon.shared.mail import OutgoingMail


def as_(player):
    return load_actor(reading(), player.id)


def test_a_known_address_is_not_added_twice(cast):
    with transaction() as session:
        again = service.add_person(
            session, COMMAND_LINE, email="OLGA@example.com", name="Somebody Else"
        )
        assert again.id == cast.olga.id
        assert again.name == "Olga"


def test_only_organizers_add_people(cast):
    with pytest.raises(NotAllowed), transaction() as session:
        service.add_person(session, as_(cast.paul), email="x@example.com", name="X")


def test_only_organizers_correct_an_account_and_their_own_words_are_kept(cast):
    def correct(player, **given):
        blank = {"name": "", "department": "", "zone": ""}
        with transaction() as session:
            return service.correct_person(
                session, as_(player), person_id=cast.pia.id, **{**blank, **given}
            )

    with pytest.raises(NotAllowed):
        correct(cast.paul, name="P")
    assert correct(cast.olga, department="Claims", name="Other")
    assert not correct(cast.olga, department="Logistics")
    assert correct(cast.ada, department="Logistics")
    pia = queries.find_person(reading(), cast.pia.id)
    assert (pia.name, pia.department) == ("Pia", "Logistics")
    kinds = [fact.values["fields"] for fact in facts_of(reading(), f"access:{pia.id}")]
    assert kinds == [["department"], ["department"]]


def test_nobody_raises_the_own_rights(cast):
    with pytest.raises(NotAllowed), transaction() as session:
        service.give_site_role(session, as_(cast.olga), person_id=cast.olga.id, role=SiteRole.ADMIN)
    with pytest.raises(NotAllowed), transaction() as session:
        service.give_event_role(
            session,
            as_(cast.paul),
            event_id=cast.event_id,
            person_id=cast.paul.id,
            role=Role.ORGANIZER,
        )


def test_the_last_organizer_and_the_last_administrator_stay(cast):
    with pytest.raises(Conflict, match="needs an organizer"), transaction() as session:
        service.take_event_role(
            session,
            as_(cast.ada),
            event_id=cast.event_id,
            person_id=cast.olga.id,
            role=Role.ORGANIZER,
        )
    with pytest.raises(Conflict, match="Somebody must administer"), transaction() as session:
        service.take_site_role(session, as_(cast.ada), person_id=cast.ada.id, role=SiteRole.ADMIN)


def test_one_of_two_administrators_goes_and_what_nobody_has_is_not_taken(cast):
    with transaction() as session:
        service.give_site_role(session, as_(cast.ada), person_id=cast.olga.id, role=SiteRole.ADMIN)
    with transaction() as session:
        for player, role in ((cast.ada, SiteRole.ADMIN), (cast.paul, SiteRole.PROGRAM_LEAD)):
            service.take_site_role(session, as_(cast.olga), person_id=player.id, role=role)
    assert not as_(cast.ada).is_admin
    assert [fact.kind for fact in facts_of(reading(), f"access:{cast.ada.id}")] == ["role.taken"]
    assert facts_of(reading(), f"access:{cast.paul.id}") == []


@pytest.mark.parametrize(
    "deed",
    [
        lambda session, actor, paul: service.give_site_role(
            session, actor, person_id=paul, role=SiteRole.PROGRAM_LEAD
        ),
        lambda session, actor, paul: service.take_site_role(
            session, actor, person_id=paul, role=SiteRole.PROGRAM_LEAD
        ),
        lambda session, actor, paul: service.disable_person(session, actor, person_id=paul),
        lambda session, actor, paul: service.set_password(
            session, actor, person_id=paul, password_hash="x"
        ),
    ],
    ids=["give a site role", "take one", "close an account", "set a password"],
)
def test_only_administrators_touch_the_rights_of_others(cast, deed):
    for player in (cast.olga, cast.lena, cast.paul):
        with pytest.raises(NotAllowed, match="Only administrators"), transaction() as session:
            deed(session, as_(player), cast.paul.id)


def test_a_name_is_never_empty(cast):
    with pytest.raises(Invalid, match="Give the person's name"), transaction() as session:
        service.add_person(session, COMMAND_LINE, email="new@example.com", name="  ")
    with pytest.raises(Invalid, match="Give your name"), transaction() as session:
        service.change_profile(session, as_(cast.paul), name=" ", department="", zone="")
    assert queries.find_person(reading(), cast.paul.id).name == "Paul"


@pytest.mark.parametrize("length", [11, 257])
def test_a_password_has_12_to_256_characters(length):
    with pytest.raises(Invalid, match="12 to 256"):
        service.hash_password("x" * length)


def test_nobody_signs_another_s_device_out(cast):
    with transaction() as session:
        cookie = service.begin_session(session, person_id=cast.paul.id, device="phone")
    found = sessions.digest(cookie)
    with transaction() as session:
        service.end_session(session, as_(cast.pia), id_hash=found)
        service.end_session(session, COMMAND_LINE, id_hash=found)
        service.end_other_sessions(session, COMMAND_LINE, keep=None)
    assert sessions.find(reading(), cookie)
    with transaction() as session:
        service.end_session(session, as_(cast.paul), id_hash=found)
    assert sessions.find(reading(), cookie) is None


def test_a_closed_account_gets_no_link_and_spends_none(cast):
    with transaction() as session:
        token = service.make_link(session, as_(cast.olga), person_id=cast.paul.id)
    with transaction() as session:
        service.disable_person(session, as_(cast.ada), person_id=cast.paul.id)
    with pytest.raises(Gone), transaction() as session:
        service.use_link(session, token=token, device="phone")
    with pytest.raises(NotAllowed, match="closed"), transaction() as session:
        service.make_link(session, as_(cast.olga), person_id=cast.paul.id)


def test_only_a_person_goes_on_with_another_device(cast):
    with pytest.raises(NotAllowed, match="Only a person"), transaction() as session:
        service.make_own_link(session, COMMAND_LINE)
    with pytest.raises(NotAllowed, match="Only organizers"), transaction() as session:
        service.make_link(session, as_(cast.paul), person_id=cast.pia.id)


def test_a_role_taken_away_is_a_fact_and_gone_at_once(cast):
    with transaction() as session:
        service.take_event_role(
            session,
            as_(cast.olga),
            event_id=cast.event_id,
            person_id=cast.paul.id,
            role=Role.PARTICIPANT,
        )
    assert not as_(cast.paul).takes_part(cast.event_id)
    last = facts_of(reading(), f"access:{cast.paul.id}")[-1]
    assert (last.kind, last.actor_id) == ("role.taken", cast.olga.id)
    assert last.values == {"role": "participant", "event": cast.event_id}


def test_line_8_a_link_works_once(cast, clock):
    with transaction() as session:
        token = service.make_link(session, as_(cast.olga), person_id=cast.paul.id)
    with transaction() as session:
        cookie = service.use_link(session, token=token, device="phone")
    assert sessions.find(reading(), cookie).person_id == cast.paul.id
    with pytest.raises(Gone), transaction() as session:
        service.use_link(session, token=token, device="phone")


@pytest.mark.parametrize(
    ("mailed", "life"), [(True, timedelta(minutes=30)), (False, timedelta(hours=24))]
)
def test_line_8_a_link_expires(cast, clock, mailed, life):
    with transaction() as session:
        token = service.make_link(session, as_(cast.olga), person_id=cast.paul.id, mailed=mailed)
    clock.forward(life - timedelta(seconds=1))
    assert service.find_link(reading(), token)
    clock.forward(timedelta(seconds=1))
    with pytest.raises(Gone):
        service.find_link(reading(), token)


def test_line_8_a_newer_link_and_a_changed_password_end_older_links(cast):
    tokens = []
    for _ in range(2):
        with transaction() as session:
            tokens.append(service.make_link(session, as_(cast.olga), person_id=cast.paul.id))
    with pytest.raises(Gone):
        service.find_link(reading(), tokens[0])
    with transaction() as session:
        service.change_password(session, as_(cast.paul), password_hash="x", keep=None)
    with pytest.raises(Gone):
        service.find_link(reading(), tokens[1])


def test_a_card_takes_a_first_password_with_it_and_ends_other_devices(cast):
    with transaction() as session:
        before = service.begin_session(session, person_id=cast.paul.id, device="laptop")
        token = service.make_link(session, as_(cast.olga), person_id=cast.paul.id)
    hashed = service.hash_password("four words are enough")
    with transaction() as session:
        cookie = service.use_link(session, token=token, device="phone", password_hash=hashed)
    assert sessions.find(reading(), cookie).person_id == cast.paul.id
    assert sessions.find(reading(), before) is None
    found = service.check_password(
        reading(), email="paul@example.com", password="four words are enough"
    )
    assert found.id == cast.paul.id
    kinds = [fact.kind for fact in facts_of(reading(), f"access:{cast.paul.id}")]
    assert kinds[-2:] == ["session.begun", "password.changed"]


def test_a_card_changes_no_password_and_is_not_spent_by_trying(cast):
    with transaction() as session:
        session.get_one(Person, cast.paul.id).password_hash = "kept"
        token = service.make_link(session, as_(cast.olga), person_id=cast.paul.id)
    with pytest.raises(Conflict, match="have a password already"), transaction() as session:
        service.use_link(session, token=token, device="phone", password_hash="another")
    assert reading().get(Person, cast.paul.id).password_hash == "kept"
    assert service.find_link(reading(), token)


def test_an_organizer_cannot_make_a_link_for_an_administrator(cast):
    with pytest.raises(NotAllowed), transaction() as session:
        service.make_link(session, as_(cast.olga), person_id=cast.ada.id)


def test_asking_for_a_link_writes_a_mail_only_to_a_known_address(cast):
    for address in ("paul@example.com", "nobody@example.com", "not an address"):
        with transaction() as session:
            service.mail_link(session, email=address, address="http://localhost")
    mails = reading().query(OutgoingMail).all()
    assert [mail.address for mail in mails] == ["paul@example.com"]
    assert "http://localhost/sign-in/" in mails[0].body


def test_a_disabled_person_is_signed_out_and_cannot_come_back(cast):
    with transaction() as session:
        cookie = service.begin_session(session, person_id=cast.paul.id, device="phone")
    with transaction() as session:
        service.disable_person(session, as_(cast.ada), person_id=cast.paul.id)
    assert sessions.find(reading(), cookie) is None
    assert as_(cast.paul) is None


def test_nobody_closes_the_own_account(cast):
    with pytest.raises(Conflict), transaction() as session:
        service.disable_person(session, as_(cast.ada), person_id=cast.ada.id)


def test_a_session_ends_after_twelve_idle_hours_and_after_four_days(cast, clock):
    with transaction() as session:
        cookie = service.begin_session(session, person_id=cast.paul.id, device="phone")
    clock.forward(timedelta(hours=12))
    assert sessions.find(reading(), cookie)
    clock.forward(timedelta(seconds=1))
    assert sessions.find(reading(), cookie) is None
    with transaction() as session:
        cookie = service.begin_session(session, person_id=cast.pia.id, device="phone")
    for _ in range(8):
        clock.forward(timedelta(hours=12))
        row = sessions.find(reading(), cookie)
        assert row
        with transaction() as session:
            sessions.touch(session, row.id_hash)
    clock.forward(timedelta(seconds=1))
    assert sessions.find(reading(), cookie) is None


def test_a_clock_that_steps_back_signs_nobody_out(cast, clock):
    with transaction() as session:
        cookie = service.begin_session(session, person_id=cast.paul.id, device="phone")
    clock.forward(timedelta(hours=-3))
    assert sessions.find(reading(), cookie)


def test_a_changed_password_ends_the_other_devices(cast):
    cookies = []
    for _ in range(2):
        with transaction() as session:
            cookies.append(service.begin_session(session, person_id=cast.paul.id, device="d"))
    with transaction() as session:
        service.change_password(
            session,
            as_(cast.paul),
            password_hash=service.hash_password("a long enough password"),
            keep=sessions.digest(cookies[1]),
        )
    assert sessions.find(reading(), cookies[0]) is None
    assert sessions.find(reading(), cookies[1])
    person = service.check_password(
        reading(), email="paul@example.com", password="a long enough password"
    )
    assert person.id == cast.paul.id


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("paul@example.com", "wrong password"),
        ("nobody@example.com", "a long enough password"),
        ("nonsense", "a long enough password"),
        ("paul@example.com", "x" * 5000),
    ],
)
def test_line_4_every_wrong_sign_in_gets_the_same_words(cast, email, password):
    with transaction() as session:
        session.get_one(queries.Person, cast.paul.id).password_hash = service.hash_password(
            "a long enough password"
        )
    with pytest.raises(NotSignedIn, match="do not go together"):
        service.check_password(reading(), email=email, password=password)
