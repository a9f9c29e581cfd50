"""A survey: the organizer's own questions, one answer a person, nobody recognizable."""

import threading
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make import make_participant, make_person
from sqlalchemy import func, select

from hackathon.events.models import Event
from hackathon.office.service import exports
from hackathon.people.access import load_actor
from hackathon.report.models import Survey, SurveyAnswer
from hackathon.report.queries import survey as queries
from hackathon.report.rules import (
    SMALLEST_GROUP,
    USUAL_QUESTIONS,
    Ask,
    Question,
    check_questions,
    check_replies,
    tally,
)
from hackathon.report.service import survey as service
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import FactRow
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.web import act

ASKED = (
    Question(Ask.SCALE, "How was it?"),
    Question(Ask.CHOICE, "What helped?", ("Mentors", "Credits")),
    Question(Ask.TEXT, "And?"),
)


def do(use_case, player, /, **more):
    return act(lambda session: use_case(session, load_actor(session, player.id), **more))


def write(cast, version=0, *, questions=ASKED, is_named=False):
    return do(
        service.write_survey, cast.olga, event_id=cast.event_id, questions=questions,
        is_named=is_named, version=version,
    )  # fmt: skip


def say(cast, player, *replies):
    do(service.answer, player, event_id=cast.event_id, replies=replies)


def crowd(cast, count):
    """More participants."""
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        people = [make_person(session) for _ in range(count)]
        for person in people:
            make_participant(session, person, event)
        return people


def stored(cast):
    reading().rollback()
    return queries.survey_of(reading(), cast.event_id)


@pytest.fixture
def is_open(cast):
    write(cast)
    do(service.open_survey, cast.olga, event_id=cast.event_id)


def test_one_answer_a_person_that_changes_until_the_survey_closes(cast, is_open):
    say(cast, cast.paul, "4", "1", "More coffee")
    say(cast, cast.paul, "5", "", "")
    assert queries.replies_of(reading(), stored(cast), cast.paul.id) == {0: 5}
    assert queries.count_answers(reading(), stored(cast)) == 1
    do(service.close_survey, cast.olga, event_id=cast.event_id)
    with pytest.raises(Conflict, match="closed"):
        say(cast, cast.paul, "1", "", "")
    with pytest.raises(Conflict, match="closed"):
        do(service.open_survey, cast.olga, event_id=cast.event_id)


def test_nobody_is_recognizable_in_an_anonymous_survey(cast, is_open):
    people = [cast.paul, cast.pia, *crowd(cast, 3)]
    for number, person in enumerate(people[:4]):
        say(cast, person, str(number + 1), "0", f"Words {9 - number}")
    assert queries.tallies(reading(), stored(cast)) is None  # open: no count moves
    say(cast, people[4], "5", "", "Words 1")
    do(service.close_survey, cast.olga, event_id=cast.event_id)
    do(service.close_survey, cast.olga, event_id=cast.event_id)
    scale, choice, text = queries.tallies(reading(), stored(cast))
    assert (scale.answers, float(scale.mean)) == (5, 3.0)
    assert (choice.answers, choice.is_hidden, choice.counts) == (4, True, ())  # four are too few
    assert text.texts == ("Words 1", "Words 6", "Words 7", "Words 8", "Words 9")
    rows = reading().execute(select(SurveyAnswer.person_id, SurveyAnswer.replies)).all()
    assert {person_id for person_id, _ in rows} == {None}
    assert [text for _, text in rows] == sorted(text for _, text in rows)
    bodies = reading().scalars(select(FactRow.body).where(FactRow.kind.startswith("survey.")))
    assert not [body for body in bodies if "Words" in body]


def test_four_answers_show_nothing_at_all(cast, is_open):
    for person in (cast.paul, cast.pia, *crowd(cast, 2)):
        say(cast, person, "3", "1", "Fine")
    do(service.close_survey, cast.olga, event_id=cast.event_id)
    for row in queries.tallies(reading(), stored(cast)):
        assert (row.is_hidden, row.counts, row.texts, row.mean) == (True, (), (), None)


def test_a_named_survey_says_who_said_what_at_once(cast):
    write(cast, is_named=True)
    do(service.open_survey, cast.olga, event_id=cast.event_id)
    say(cast, cast.paul, "2", "1", "")
    assert queries.tallies(reading(), stored(cast))[0].counts[1] == ("2", 1)
    assert queries.named_replies(reading(), stored(cast)) == [("Paul", {0: 2, 1: 1})]
    do(service.close_survey, cast.olga, event_id=cast.event_id)
    assert reading().scalar(select(func.count(SurveyAnswer.person_id))) == 1


@pytest.mark.parametrize("is_named", [True, False])
def test_an_export_holds_the_answers_of_a_named_survey_alone(cast, is_named):
    write(cast, is_named=is_named)
    do(service.open_survey, cast.olga, event_id=cast.event_id)
    say(cast, cast.paul, "2", "1", "Nobody else says this")
    event = reading().get_one(Event, cast.event_id)
    dump = exports.dump_event(reading(), event, with_values=True)
    assert (len(dump.tables["survey_answers"][1]), "Nobody else" in str(dump)) == (
        int(is_named), is_named,
    )  # fmt: skip


def test_only_people_of_the_event_answer_and_only_organizers_ask(cast, is_open):
    with pytest.raises(NotAllowed):
        say(cast, cast.rita, "1", "", "")
    for use_case in (service.open_survey, service.close_survey):
        with pytest.raises(NotAllowed):
            do(use_case, cast.paul, event_id=cast.event_id)
    with pytest.raises(NotFound):
        do(service.answer, cast.paul, event_id=cast.other_event_id, replies=["1"])
    with pytest.raises(Conflict, match="is open"):
        write(cast, 1)


def test_of_two_who_write_the_questions_one_is_refused(cast):
    assert write(cast).version == 1
    with pytest.raises(Conflict, match="saved first"):
        write(cast)
    assert write(cast, 1).version == 2
    with pytest.raises(NotFound):
        do(service.close_survey, cast.olga, event_id=cast.event_id)


def test_two_tabs_that_answer_at_once_are_one_answer(database, cast, is_open):
    def send(reply):
        with database.app_context():
            say(cast, cast.paul, reply, "", "")

    tabs = [threading.Thread(target=send, args=[str(reply)]) for reply in (1, 5)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert queries.count_answers(reading(), stored(cast)) == 1


def test_a_new_survey_begins_with_the_questions_of_the_last(cast, is_open):
    event = reading().get_one(Event, cast.other_event_id)
    assert queries.first_questions(reading(), event) == ASKED
    own = reading().get_one(Event, cast.event_id)
    assert queries.first_questions(reading(), own) == USUAL_QUESTIONS


# --- rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        [],
        [Question(Ask.TEXT, " ")],
        [Question(Ask.TEXT, "Why?"), Question(Ask.SCALE, "why? ")],
        [Question(Ask.CHOICE, "Which?", ("One", "One ", ""))],
        [Question(Ask.CHOICE, "Which?", tuple("abcdefghi"))],
        [Question(Ask.TEXT, f"Question {number}") for number in range(13)],
    ],
)
def test_questions_that_cannot_be_asked_are_refused(given):
    with pytest.raises(Invalid):
        check_questions(given)


@pytest.mark.parametrize(
    "given",
    [("0", "", ""), ("6", "", ""), ("²", "", ""), ("-1", "", ""), ("", "2", ""), ("", "x", ""),
     ("", "", " "), ("9" * 400, "", "")],
)  # fmt: skip
def test_answers_that_cannot_be_chosen_are_refused(given):
    with pytest.raises(Invalid):
        check_replies(ASKED, given)


REPLIES = st.dictionaries(st.just(0), st.integers(1, 5), min_size=1)


@given(st.lists(REPLIES, max_size=20), st.integers(1, 8))
def test_a_tally_shows_either_everybody_or_nobody(rows, least):
    (found,) = tally(ASKED[:1], rows, least=least)
    assert found.answers == len(rows)
    if len(rows) < least:
        assert (found.counts, found.mean) == ((), None)
    else:
        assert sum(count for _, count in found.counts) == len(rows)
        assert 1 <= found.mean <= 5


# --- pages ----------------------------------------------------------------------------

MANAGE, ANSWER = "/events/q4/survey/questions", "/events/q4/survey"


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def questions(**more):
    return {
        "ask": ["scale", "choice", "text", "scale"],
        "text": ["How was it?", "What helped?", "And?", ""],
        "options": ["", "Mentors\r\nCredits", "", ""],
        "version": "0",
        **more,
    }


def test_an_organizer_asks_people_answer_and_the_results_come_with_the_close(app, stage, sign_in):
    olga, paul = sign_in(stage.olga), sign_in(stage.paul)
    assert "How good was the event as a whole?" in text_of(olga.get(MANAGE))
    assert paul.get(ANSWER).status_code == 404
    assert olga.post(MANAGE, data=questions(do="save")).status_code == 303
    assert "What helped?" in text_of(olga.get(MANAGE))
    assert olga.post(MANAGE, data=questions(do="open", version="1")).status_code == 303
    with app.app_context():
        follow_facts(app)
        sent = set(reading().scalars(select(OutgoingMail.address)))
        more = crowd(stage, SMALLEST_GROUP - 1)
        people = [stage.paul, *more]
    assert sent == {"olga@example.com", "paul@example.com", "pia@example.com"}
    assert "how was it?" in text_of(paul.get("/notices"))
    page = text_of(paul.get(ANSWER))
    assert "only from 5 answers on" in page
    assert paul.post(ANSWER, data={"reply-0": "7"}).status_code == 422
    assert "Answer at least one question" in text_of(paul.post(ANSWER, data={}))
    for person in people:
        typed = {"reply-0": "4", "reply-1": "1", "reply-2": "=1+1"}
        assert sign_in(person).post(ANSWER, data=typed).status_code == 303
    assert "you can change it until the survey closes" in text_of(paul.get(ANSWER))
    assert 'value="4" checked' in text_of(paul.get(ANSWER))
    page = text_of(olga.get(MANAGE))
    assert "5 of 7 have answered so far." in page
    assert "Results come when you close it" in page
    assert olga.get(f"{ANSWER}.csv").status_code == 404
    assert olga.post(f"{ANSWER}/close").status_code == 303
    page = text_of(olga.get(MANAGE))
    assert '<b class="h2">4.0</b> of 5, from 5' in page
    text = text_of(olga.get(f"{ANSWER}.csv"))
    assert '"What helped?","Credits",5' in text
    assert '"\'=1+1",1' in text
    assert "The survey is closed. Thank you." in text_of(paul.get(ANSWER))
    assert olga.get(f"{ANSWER}.csv?format=xlsx").data.startswith(b"PK")


def test_what_is_typed_stays_when_it_is_refused(stage, sign_in):
    olga = sign_in(stage.olga)
    answer = olga.post(MANAGE, data=questions(options=["", "One", "", ""]))
    assert (answer.status_code, "two to 8 different options" in text_of(answer)) == (422, True)
    assert 'value="What helped?"' in text_of(answer)
    assert olga.post(MANAGE, data=questions(ask=["dream"] * 4)).status_code == 422
    assert olga.post(MANAGE, data=questions(version="x")).status_code == 422
    assert olga.post(MANAGE, data=questions(version="7")).status_code == 409


def test_answers_with_names_say_so_before_and_list_them_after(stage, sign_in):
    olga, paul = sign_in(stage.olga), sign_in(stage.paul)
    olga.post(MANAGE, data=questions(do="open", is_named="y"))
    assert "Your name stands beside your answers" in text_of(paul.get(ANSWER))
    paul.post(ANSWER, data={"reply-1": "0"})
    assert '"Paul","","Mentors",""' in text_of(olga.get(f"{ANSWER}.csv"))


def test_a_survey_of_a_rehearsal_sends_no_mail(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        session.get_one(Event, stage.event_id).is_rehearsal = True
    sign_in(stage.olga).post(MANAGE, data=questions(do="open"))
    with app.app_context():
        follow_facts(app)
        assert reading().scalars(select(OutgoingMail)).all() == []
        assert reading().scalars(select(Survey.opened_at)).one() is not None
