"""Projects: versions, the deadline to the instant, nobody overwritten, submissions found."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.projects import queries, service
from hackathon.projects.models import Project, ProjectVersion
from hackathon.projects.rules import FIELDS, NEEDED, Card, check_card, check_link, read_card
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.teams import service as teams

DEADLINE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FULL = dict.fromkeys(NEEDED, "Something")


def do(verb, player, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), **more)


@pytest.fixture
def owls(cast):
    return do(teams.create_team, cast.paul, event_id=cast.event_id, name="Owls").id


@pytest.fixture
def save(cast, owls):
    def write(version, player=None, **values):
        return do(
            service.save_card, player or cast.paul, event_id=cast.event_id,
            team_id=owls, values=values, version=version,
        )  # fmt: skip

    return write


def submission(cast, saved):
    event = reading().get(Event, cast.event_id)
    return queries.submission_of(reading(), event, reading().get(Project, saved.project_id))


def test_every_save_is_a_version_and_the_same_text_is_none(save):
    first = save(0, title="A")
    second = save(1, title="B")
    same = save(2, title="B")
    assert [(entry.version, entry.changed) for entry in (first, second, same)] == [
        (1, True), (2, True), (2, False),
    ]  # fmt: skip
    titles = list(reading().scalars(sa.select(ProjectVersion.title).order_by("number")))
    assert titles == ["A", "B"]


def test_line_40_the_second_of_two_who_save_is_refused_and_sees_both_texts(cast, owls, save):
    do(
        teams.add_member, cast.olga, event_id=cast.event_id, team_id=owls,
        person_id=cast.pia.id, reason="Joined late",
    )  # fmt: skip
    save(0, title="Ours")
    save(1, title="Paul's")
    with pytest.raises(Conflict, match="Somebody else saved first") as refused:
        save(1, player=cast.pia, title="Pia's")
    assert refused.value.extra["theirs"]["title"] == "Paul's"
    assert refused.value.extra["version"] == 2
    assert reading().scalar(sa.select(Project.version)) == 2


def test_only_members_write_a_card(cast, save):
    for player in (cast.pia, cast.olga, cast.ada, cast.judith):
        with pytest.raises(NotAllowed, match="members of the team"):
            save(0, player=player, title="X")


@pytest.mark.parametrize(
    ("offset", "accepted"),
    [
        (-timedelta(milliseconds=10), True),
        (timedelta(0), False),
        (timedelta(milliseconds=10), False),
    ],
)
def test_line_38_the_deadline_is_one_instant(save, clock, offset, accepted):
    save(0, **FULL)
    clock.set(DEADLINE + offset)
    if accepted:
        assert save(1, **{**FULL, "title": "Late"}).version == 2
    else:
        with pytest.raises(Conflict, match="Submissions closed"):
            save(1, **{**FULL, "title": "Late"})


def test_line_38_the_refusal_names_zone_time_utc_and_the_draft_that_was_submitted(save, clock):
    clock.set(datetime(2026, 11, 22, 11, 58, 12, tzinfo=UTC))
    save(0, **FULL)
    clock.set(DEADLINE + timedelta(minutes=1))
    with pytest.raises(Conflict) as refused:
        save(1, **{**FULL, "title": "Late"})
    assert "13:00 CET" in refused.value.message
    assert "12:00 UTC" in refused.value.message
    assert "Your draft from Sun 22 Nov 2026, 12:58 CET was submitted" in refused.value.message


def test_the_submission_is_the_last_complete_version_by_the_deadline(cast, save, clock):
    assert submission(cast, save(0, title="Only a title")) is None
    save(1, **FULL)
    saved = save(2, **{**FULL, "problem": ""})
    assert submission(cast, saved).number == 2
    clock.set(DEADLINE + timedelta(days=1))
    assert submission(cast, saved).number == 2


def test_a_deadline_moved_earlier_or_later_moves_the_submission(cast, save, clock):
    saved = save(0, **FULL)
    clock.forward(timedelta(hours=1))
    save(1, **{**FULL, "title": "Second"})
    with transaction() as session:
        session.get_one(Event, cast.event_id).submissions_close_at = clock.moment - timedelta(
            minutes=30
        )
    assert submission(cast, saved).number == 1


def test_one_project_is_reopened_until_a_time(cast, save, clock):
    saved = save(0, **FULL)
    clock.set(DEADLINE + timedelta(minutes=30))
    more = {"event_id": cast.event_id, "project_id": saved.project_id}
    until = clock.moment + timedelta(minutes=10)
    with pytest.raises(Invalid, match="still to come"):
        do(service.reopen, cast.olga, **more, until=DEADLINE, reason="Power cut")
    do(service.reopen, cast.olga, **more, until=until, reason="Power cut at their table")
    late = save(1, **{**FULL, "title": "After the power cut"})
    assert submission(cast, late).number == 2
    clock.set(until + timedelta(seconds=1))
    with pytest.raises(Conflict, match="Submissions closed"):
        save(2, **{**FULL, "title": "Too late"})


def test_a_project_taken_out_stays_on_record_and_is_no_submission(cast, save):
    saved = save(0, **FULL)
    event = reading().get(Event, cast.event_id)
    assert [row.title for row in queries.submissions(reading(), event)] == ["Something"]
    more = {"event_id": cast.event_id, "project_id": saved.project_id}
    with pytest.raises(NotAllowed):
        do(service.take_out, cast.paul, **more, disqualify=False, reason="We give up")
    do(service.take_out, cast.olga, **more, disqualify=True, reason="Used customer data")
    event = reading().get(Event, cast.event_id)
    assert queries.submissions(reading(), event) == []
    assert queries.project_rows(reading(), event)[0].status == "disqualified"
    with pytest.raises(Conflict, match="no longer in the event"):
        save(1, title="Again")


def test_a_team_without_a_card_is_in_the_organizers_list(cast, owls):
    event = reading().get(Event, cast.event_id)
    row = queries.project_rows(reading(), event)[0]
    assert (row.status, row.card.missing) == ("nothing yet", list(NEEDED))


def test_a_card_of_another_event_is_not_found(cast, owls):
    with pytest.raises(NotFound):
        do(
            service.save_card, cast.paul, event_id=cast.other_event_id,
            team_id=owls, values=FULL, version=0,
        )  # fmt: skip


def test_versions_cannot_be_changed_or_deleted(save):
    save(0, title="A")
    for statement in (sa.update(ProjectVersion).values(title="B"), sa.delete(ProjectVersion)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
            session.execute(statement)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x", "http://",
        "https://a b", "example.com",
    ],
)  # fmt: skip
def test_line_35_and_36_a_link_is_http_or_refused(link):
    with pytest.raises(Invalid):
        check_link(link, "repo_url")


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1/x", "http://169.254.169.254/", "https://[::1]/"]
)
def test_line_36_an_inner_address_is_stored_and_never_fetched(link):
    check_link(link, "repo_url")


@given(
    st.dictionaries(
        st.sampled_from([n for n in FIELDS if not n.endswith("_url") and n != "data_class"]),
        st.text(max_size=100),
    )
)
def test_a_card_reads_back_as_it_was_written(values):
    card = check_card(values)
    assert read_card(card.as_text()) == card
    assert isinstance(card, Card)


# --- brought by organizers --------------------------------------------------------------


def bring(player, owls, event_id, **values):
    return do(service.bring_card, player, event_id=event_id, team_id=owls, values=values)


def test_only_organizers_bring_cards_and_challenges(cast, owls):
    for player in (cast.paul, cast.rita):
        with pytest.raises(NotAllowed):
            bring(player, owls, cast.event_id, title="A")
        with pytest.raises(NotAllowed):
            do(service.add_challenge, player, event_id=cast.event_id, title="Safety")


def test_a_brought_card_needs_a_team_of_the_event_and_a_title(cast, owls):
    with pytest.raises(NotFound):
        bring(cast.olga, owls + 1, cast.event_id, title="A")
    with pytest.raises(Invalid, match="Give the project a title"):
        bring(cast.olga, owls, cast.event_id, summary="No title")
    assert reading().scalar(sa.select(Project.id)) is None


def test_a_brought_card_keeps_what_the_team_wrote_and_moves_no_deadline_before_it(cast, owls, save):
    saved = save(0, title="A", problem="Dark")
    assert bring(cast.olga, owls, cast.event_id, summary="See.").changed
    assert submission(cast, saved).number == 2
    assert read_card(submission(cast, saved).card).problem == "Dark"
    assert reading().get(Project, saved.project_id).reopened_until is None
    assert not bring(cast.olga, owls, cast.event_id, summary="See.").changed


def test_a_card_brought_late_does_not_open_the_project_for_the_team(cast, owls, save, clock):
    saved = save(0, title="A")
    clock.set(DEADLINE + timedelta(hours=1))
    bring(cast.olga, owls, cast.event_id, title="A")
    assert submission(cast, saved).saved_at == DEADLINE + timedelta(hours=1)
    clock.forward(timedelta(microseconds=1))
    with pytest.raises(Conflict, match="Submissions closed"):
        save(2, title="Mine after all")


def test_a_challenge_has_a_title_of_its_own(cast):
    add = {"event_id": cast.event_id, "title": "  Safer   docks "}
    assert do(service.add_challenge, cast.olga, **add).title == "Safer docks"
    assert list(queries.challenges_of(reading(), cast.event_id)) == ["Safer docks"]
    with pytest.raises(Conflict, match="has this challenge already"):
        do(service.add_challenge, cast.olga, **add)
    for title in (" ", "x" * 121):
        with pytest.raises(Invalid):
            do(service.add_challenge, cast.olga, event_id=cast.event_id, title=title)
