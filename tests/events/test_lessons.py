"""The retrospective: lines of everybody, actions with an owner that the next event asks for."""

from datetime import timedelta

import pytest
from make import give_event_role, make_event

from hackathon.events.models import Event
from hackathon.events.queries import lessons as queries
from hackathon.events.rules import LessonKind, check_lesson
from hackathon.events.service import lessons as service
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Invalid, NotAllowed, NotFound

WELL, CHANGE, ACTION = LessonKind


def write(player, event_id, kind, text, owner=None):
    with transaction() as session:
        made = service.add_lesson(
            session, load_actor(session, player.id), event_id=event_id, kind=kind, text=text,
            owner_id=owner.id if owner else None,
        )  # fmt: skip
        return made.id


def end(player, event_id, lesson_id, *, is_done=True):
    with transaction() as session:
        service.end_lesson(
            session, load_actor(session, player.id), event_id=event_id, lesson_id=lesson_id,
            is_done=is_done,
        )  # fmt: skip


@pytest.fixture
def later(cast):
    """The next event, three months on, organized by Rita."""
    with transaction() as session:
        now = session.get_one(Event, cast.event_id)
        made = make_event(
            session, slug="q1", name="Winter", starts_at=now.starts_at + timedelta(days=90),
            ends_at=now.ends_at + timedelta(days=90), published_at=None,
        )  # fmt: skip
        give_event_role(session, session.get_one(Person, cast.rita.id), made, "organizer")
        return made.id


def actions(event_id):
    reading().rollback()
    event = reading().get_one(Event, event_id)
    return [row.lesson.text for row in queries.open_actions(reading(), event.starts_at)]


def test_an_open_action_stands_in_the_next_event_s_checklist_until_it_is_done(cast, later):
    first = write(cast.olga, cast.event_id, ACTION, "Rent a second projector", cast.olga)
    second = write(cast.olga, cast.event_id, ACTION, "Ask the kitchen earlier", cast.lena)
    write(cast.paul, cast.event_id, WELL, "The mentors were everywhere")
    assert actions(later) == ["Rent a second projector", "Ask the kitchen earlier"]
    assert actions(cast.event_id) == []
    end(cast.rita, later, first)  # she organizes the event that asks for it
    end(cast.olga, cast.event_id, second, is_done=False)
    end(cast.olga, cast.event_id, second)  # a second click changes nothing
    assert actions(later) == []
    lines = queries.lessons_of(reading(), cast.event_id)
    assert [(row.lesson.text, row.lesson.ended_as) for row in lines] == [
        ("Rent a second projector", "done"),
        ("The mentors were everywhere", None),
    ]


def test_everybody_writes_lines_only_organizers_actions_and_owners_end_theirs(cast, later):
    line = write(cast.paul, cast.event_id, CHANGE, "Longer lunch")
    with pytest.raises(NotAllowed):
        write(cast.paul, cast.event_id, ACTION, "Order more lunch", cast.olga)
    with pytest.raises(NotAllowed):
        write(cast.rita, cast.event_id, WELL, "I was not there")
    with pytest.raises(NotAllowed):
        end(cast.pia, cast.event_id, line)
    with pytest.raises(NotFound):
        end(cast.rita, later, line)
    end(cast.paul, cast.event_id, line)
    todo = write(cast.olga, cast.event_id, ACTION, "Order more lunch", cast.lena)
    with pytest.raises(NotAllowed):
        end(cast.paul, cast.event_id, todo)
    with pytest.raises(NotFound):
        end(cast.rita, cast.other_event_id, todo)  # began when this one did: not after it
    end(cast.lena, cast.event_id, todo)


@pytest.mark.parametrize("text", ["", "  a ", "x" * 501, "\n\t"])
def test_a_line_is_neither_empty_nor_a_page(text):
    with pytest.raises(Invalid):
        check_lesson(text)


def test_an_action_needs_somebody_who_can_see_to_it(cast):
    for owner in (None, cast.paul):
        with pytest.raises(Invalid, match="who sees to it"):
            write(cast.olga, cast.event_id, ACTION, "Order more lunch", owner)
    assert queries.lessons_of(reading(), cast.event_id) == []
