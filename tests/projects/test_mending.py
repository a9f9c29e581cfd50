"""An organizer types into a team's card: with a reason, within the team's time, told to it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hackathon.events.models import Event
from hackathon.office.queries import changes_of
from hackathon.people.access import load_actor
from hackathon.projects import queries, service
from hackathon.projects.models import Project, ProjectVersion
from hackathon.projects.rules import NEEDED, read_card
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import FactRow
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import Notice
from hackathon.teams import service as teams

DEADLINE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FULL = dict.fromkeys(NEEDED, "Something")
WHY = "They asked me to mend the title."


def do(verb, player, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), **more)


@pytest.fixture
def owls(cast):
    return do(teams.create_team, cast.paul, event_id=cast.event_id, name="Owls").id


@pytest.fixture
def place(cast, owls):
    return {"event_id": cast.event_id, "team_id": owls}


@pytest.fixture
def mend(cast, place):
    def write(version, player=None, reason=WHY, **values):
        return do(
            service.mend_card, player or cast.olga, **place,
            values=values, version=version, reason=reason,
        )  # fmt: skip

    return write


def counting(cast, project_id):
    event = reading().get(Event, cast.event_id)
    return queries.submission_of(reading(), event, reading().get(Project, project_id))


def test_what_an_organizer_types_is_a_version_like_any_other(cast, place, mend):
    saved = do(service.save_card, cast.paul, **place, values=FULL, version=0)
    mended = mend(1, **{**FULL, "title": "Night Watch"})
    assert (mended.version, mended.is_complete) == (2, True)
    assert counting(cast, saved.project_id).number == 2
    rows = queries.versions_of(reading(), cast.event_id, saved.project_id)
    assert [(row.number, row.by, row.why) for row in rows] == [(2, "Olga", WHY), (1, "Paul", "")]


def test_a_team_that_saved_nothing_gets_its_first_version_so(cast, mend):
    assert mend(0, title="Only a title").version == 1


def test_the_team_is_told_and_organizers_see_it_among_the_changes(database, cast, mend):
    mend(0, **FULL)
    follow_facts(database)
    (told,) = reading().scalars(sa.select(Notice).filter_by(person_id=cast.paul.id)).all()
    assert told.text == f"An organizer changed the project card of Owls. Why: {WHY}"
    (change,) = changes_of(reading(), cast.event_id)[:1]
    assert (change.by, change.what, change.why) == (
        "Olga", "changed the project card of Owls", WHY,
    )  # fmt: skip


def test_the_same_text_is_no_version_and_tells_nobody(cast, mend):
    mend(0, **FULL)
    assert not mend(1, **FULL).changed
    kinds = reading().scalars(sa.select(FactRow.kind).where(FactRow.kind.like("project.%"))).all()
    assert kinds == ["project.saved", "project.mended"]


def test_only_organizers_of_the_event_and_only_with_a_reason(cast, mend):
    for player in (cast.paul, cast.pia, cast.rita, cast.judith):
        with pytest.raises(NotAllowed):
            mend(0, player=player, **FULL)
    with pytest.raises(Invalid):
        mend(0, reason="  ", **FULL)
    assert reading().scalar(sa.select(Project.id)) is None


def test_a_team_of_another_event_is_not_found(cast, owls):
    with pytest.raises(NotFound):
        do(
            service.mend_card, cast.rita, event_id=cast.other_event_id, team_id=owls,
            values=FULL, version=0, reason=WHY,
        )  # fmt: skip


def test_who_saves_second_sees_the_teams_text(cast, place, mend):
    do(service.save_card, cast.paul, **place, values={"title": "Ours"}, version=0)
    with pytest.raises(Conflict, match="Somebody else saved first") as refused:
        mend(0, title="Olga's")
    assert refused.value.extra["theirs"]["title"] == "Ours"


def test_once_the_locked_copy_is_taken_the_project_is_reopened_first(cast, place, mend, clock):
    saved = do(service.save_card, cast.paul, **place, values=FULL, version=0)
    clock.set(DEADLINE)
    with pytest.raises(Conflict, match="Reopen the project for its team first"):
        mend(1, **{**FULL, "title": "Late"})
    with pytest.raises(Conflict, match="Reopen the project for its team first"):
        mend(1, **FULL)
    until = clock.moment + timedelta(minutes=10)
    do(
        service.reopen, cast.olga, event_id=cast.event_id, project_id=saved.project_id,
        until=until, reason="A wrong link",
    )  # fmt: skip
    assert mend(1, **{**FULL, "title": "In time again"}).version == 2
    assert counting(cast, saved.project_id).number == 2
    clock.set(until)
    with pytest.raises(Conflict, match="Reopen the project"):
        mend(2, **{**FULL, "title": "Late again"})


def test_a_project_that_is_out_stays_as_it_is(cast, place, mend):
    saved = do(service.save_card, cast.paul, **place, values=FULL, version=0)
    do(
        service.take_out, cast.olga, event_id=cast.event_id, project_id=saved.project_id,
        disqualify=False, reason="They gave up",
    )  # fmt: skip
    with pytest.raises(Conflict, match="no longer in the event"):
        mend(1, **{**FULL, "title": "Again"})


# --- cards that a file brought thin ------------------------------------------------------


@pytest.fixture
def thin(cast, place):
    """A card of a file with a title and a problem only; it counts as submitted."""
    values = {"title": "Night Watch", "problem": "Dark"}
    return do(service.bring_card, cast.olga, **place, values=values).project_id


def thin_rows(cast):
    event = reading().get(Event, cast.event_id)
    return [row.thin for row in queries.project_rows(reading(), event) if row.thin]


def asked(cast):
    event = reading().get(Event, cast.event_id)
    return reading().scalar(sa.select(queries._thin(event)))


def test_a_card_of_a_file_that_leaves_fields_open_is_thin(cast, thin):
    assert thin_rows(cast) == [["summary", "approach", "question", "metric", "adopter"]]
    assert asked(cast) == 1


def test_a_thin_card_that_is_mended_still_counts_and_a_whole_one_is_thin_no_more(cast, thin, mend):
    better = {"title": "Night Watch", "problem": "Dark", "summary": "See at night."}
    assert mend(1, **better).is_complete
    assert counting(cast, thin).number == 2
    assert read_card(counting(cast, thin).card).summary == "See at night."
    assert asked(cast) == 1
    assert mend(2, **FULL).is_complete
    assert (thin_rows(cast), asked(cast)) == ([], None)


def test_mending_that_empties_another_field_is_a_draft(cast, thin, mend):
    assert not mend(1, title="Night Watch", summary="See.").is_complete
    assert counting(cast, thin).number == 1


def test_a_member_who_saves_a_thin_card_writes_a_draft_as_ever(cast, place, thin):
    saved = do(
        service.save_card, cast.paul, **place,
        values={"title": "Night Watch", "problem": "Darker"}, version=1,
    )  # fmt: skip
    assert not saved.is_complete
    assert counting(cast, thin).number == 1


def test_a_text_that_looks_like_an_empty_field_is_not_one(cast, place):
    tricky = {**FULL, "problem": 'It says "adopter":"" here', "approach": '""'}
    do(service.bring_card, cast.olga, **place, values=tricky)
    assert (thin_rows(cast), asked(cast)) == ([], None)


def test_what_a_file_brought_is_mended_before_the_event_is_out(cast, mend):
    with transaction() as session:
        session.get_one(Event, cast.event_id).published_at = None
    assert mend(0, **FULL).version == 1
    row = queries.versions_of(reading(), cast.event_id, 1)[0]
    assert (row.is_complete, row.is_thin) == (True, False)


def test_a_version_that_counts_with_fields_open_says_that_it_is_thin(cast, thin):
    assert [row.is_thin for row in queries.versions_of(reading(), cast.event_id, thin)] == [True]


def test_what_is_withdrawn_or_archived_is_asked_about_no_more(cast, thin, owls):
    do(
        service.take_out, cast.olga, event_id=cast.event_id, project_id=thin,
        disqualify=False, reason="They gave up",
    )  # fmt: skip
    assert (thin_rows(cast), asked(cast)) == ([], None)
    assert reading().scalar(sa.select(sa.func.count()).select_from(ProjectVersion)) == 1
