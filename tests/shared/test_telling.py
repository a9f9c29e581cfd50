"""Mail or notices: each person reads a word once, the chosen way, in the own zone."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from make import make_person
from panel import do

from hackathon.people import service
from hackathon.people.models import Person
from hackathon.people.queries import people_by
from hackathon.shared import mail
from hackathon.shared.db import reading, transaction
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import Notice
from hackathon.shared.show import isolated, mail_time
from hackathon.shared.telling import Kind, Way, Word, choices_of, tell

WORD = Word(Kind.CREDITS, "credits:1", "Credits", "Owls got $50.00.", "/events/q4/credits")


def told(word=WORD):
    """Tell Paul and Pia; returns whose notices and mails there are."""
    with transaction() as session:
        tell(session, people_by(session, [row.id for row in reading().scalars(
            sa.select(Person).where(Person.name.in_(["Paul", "Pia"]))
        )]), word)  # fmt: skip
    notices = set(reading().scalars(sa.select(Notice.person_id)))
    mails = set(reading().scalars(sa.select(OutgoingMail.address)))
    return notices, mails


def test_who_chose_nothing_gets_both_once(cast):
    told()
    notices, mails = told()
    assert notices == {cast.paul.id, cast.pia.id}
    assert mails == {"paul@example.com", "pia@example.com"}
    assert reading().scalar(sa.select(sa.func.count(OutgoingMail.id))) == 2


@pytest.mark.parametrize("way", list(Way))
def test_each_reads_it_the_way_that_was_chosen_for_its_kind(cast, way):
    do(service.choose_ways, cast.pia, ways={Kind.CREDITS: way})
    notices, mails = told()
    assert (cast.pia.id in notices) == (way != Way.MAIL)
    assert ("pia@example.com" in mails) == (way != Way.NOTICE)
    other = Word(Kind.TEAMS, "team:1", "Team", "Owls have you.", "/events/q4/teams/1")
    _, mails = told(other)
    assert "pia@example.com" in mails


def test_the_last_kind_is_the_way_of_all_that_were_never_chosen(cast):
    do(service.choose_ways, cast.pia, ways={Kind.OTHER: Way.NOTICE})
    person = reading().get(Person, cast.pia.id)
    assert set(choices_of(reading(), person).values()) == {Way.NOTICE}
    _, mails = told()
    assert mails == {"paul@example.com"}


def test_a_word_that_no_mail_carries_is_a_notice_for_whoever_chose_mail(cast):
    do(service.choose_ways, cast.pia, ways={Kind.CREDITS: Way.MAIL})
    rehearsal = Word(Kind.CREDITS, "x", "Credits", "Owls got $50.00.", "/", by_mail=False)
    assert told(rehearsal) == ({cast.paul.id, cast.pia.id}, set())


def test_nothing_reaches_whose_account_is_closed_not_even_what_waits(cast):
    told()
    do(service.disable_person, cast.ada, person_id=cast.pia.id)
    assert list(reading().scalars(sa.select(OutgoingMail.address))) == ["paul@example.com"]
    again = Word(Kind.CREDITS, "credits:2", "Credits", "More.", "/")
    _, mails = told(again)
    assert mails == {"paul@example.com"}


def test_a_mail_says_where_to_look_and_where_to_choose_otherwise(cast):
    told()
    body = reading().scalar(sa.select(OutgoingMail.body).filter_by(address="paul@example.com"))
    assert body.startswith("Hello Paul,\n\nOwls got $50.00.\n\nhttp")
    assert "/events/q4/credits\n" in body
    assert body.rstrip().endswith("/me#mails")
    assert max(len(line) for line in body.splitlines()) < 80


def test_a_name_in_arabic_keeps_to_itself_and_goes_out(cast):
    with transaction() as session:
        salma = make_person(session, name="\u0633\u0644\u0645\u0649", email="salma@example.com")
        tell(session, [salma], WORD)
    body = reading().scalar(sa.select(OutgoingMail.body))
    assert "Hello \u2068\u0633\u0644\u0645\u0649\u2069," in body
    assert mail.deliver() == 1
    assert isolated("Zoë") == "Zoë"


def test_an_address_that_no_server_takes_holds_up_nobody(cast, monkeypatch):
    with transaction() as session:
        for name in ("bad", "good"):
            mail.send(session, to=f"{name}@example.com", subject="x", body="x", key=name)
    real = mail.EmailMessage.send

    def refuse(self, *args):
        if self.to == ["bad@example.com"]:
            raise UnicodeEncodeError("ascii", "x", 0, 1, "ordinal not in range")
        return real(self, *args)

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    assert mail.deliver() == 1


def test_a_time_names_the_readers_zone_in_full():
    moment = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    assert mail_time(moment, "America/Sao_Paulo") == (
        "Sun 22 Nov 2026, 09:30 -03 (America/Sao_Paulo)"
    )
    assert mail_time(moment, "") == "Sun 22 Nov 2026, 12:30 UTC"


def test_a_changed_password_is_mailed_whatever_was_chosen(cast, database):
    do(service.choose_ways, cast.pia, ways=dict.fromkeys(Kind, Way.NOTICE))
    do(service.change_password, cast.pia, password_hash="x", keep=None)
    follow_facts(database)
    follow_facts(database)
    (letter,) = reading().scalars(sa.select(OutgoingMail).filter_by(address="pia@example.com"))
    assert letter.subject == "Your password was changed"
