"""Certificates: after the reveal only, with the place that was revealed, for whom they are."""

import re
from html import unescape

import pytest
from backlog.scene import counted

from hackathon.events.models import Event
from hackathon.judging.models import Round
from hackathon.judging.service.results import give_award
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.report.queries.certificates import certificates_of
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import NotFound
from hackathon.teams.models import Team

AT = "/events/q4/certificates"


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def papers(page):
    return re.findall(r"<article.*?</article>", page, re.DOTALL)


def test_nothing_is_printed_before_the_reveal(cast):
    event = reading().get_one(Event, cast.event_id)
    with pytest.raises(NotFound):
        certificates_of(reading(), event)


def test_the_first_three_read_their_place_the_fourth_took_part(won):
    teams, people = certificates_of(reading(), reading().get_one(Event, won.event_id))
    by_project = {row.project: row.place for row in teams}
    assert by_project == {
        "Invoice reader": "first", "Shift planner": "second", "Claim sorter": "third",
        "Menu oracle": "",
    }  # fmt: skip
    assert len(teams) == len(people) == 4
    assert next(row for row in people if row.person == "Paul").project == "Invoice reader"


def test_an_organizer_prints_all_at_once_a_participant_their_own_and_the_team_s(
    app, won_stage, sign_in
):
    cast = won_stage.cast
    with app.app_context(), transaction() as session:
        paul = session.get_one(Person, cast.paul.id)
        paul.name = "ليلى الخطيب"
        session.get_one(Team, 1).name = "فريق البوم"
        # a prize is given before the results are final; the round is wound back for it
        found = session.query(Round).one()
        found.state = "finalized"
        session.flush()
        give_award(
            session, load_actor(session, cast.olga.id), event_id=cast.event_id,
            round_id=found.id, project_id=won_stage.projects[0], name="Boldest idea",
            reason="Nobody else tried",
        )  # fmt: skip
        found.state = "revealed"
    olga, paul = sign_in(cast.olga), sign_in(cast.paul)
    page = text_of(olga.get(AT))
    assert (len(papers(page)), "8 sheets, A4 or Letter across." in page) == (8, True)
    assert len(papers(text_of(olga.get(f"{AT}?of=teams")))) == 4
    assert len(papers(text_of(olga.get(f"{AT}?of=people")))) == 4
    assert papers(text_of(olga.get(f"{AT}?of=mine"))) == []
    mine = papers(text_of(paul.get(AT)))
    assert len(mine) == 2
    assert all("Boldest idea" in paper for paper in mine)
    assert '<h2 dir="auto">ليلى الخطيب</h2>' in mine[1]
    assert '<bdi dir="auto">فريق البوم</bdi>' in mine[1]
    assert "<strong>first place</strong> with the team" in mine[1]
    assert "Pia" not in "".join(mine)


def test_before_the_reveal_the_page_is_not_found(stage, sign_in):
    assert sign_in(stage.olga).get(AT).status_code == 404


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("olga", AT), ("paul", AT), ("olga", "/events/q4/retrospective"),
        ("olga", "/events/q4/survey/questions"), ("paul", "/events/q4/results/teams/1/further"),
        ("olga", "/events/q4/results/promote"), ("olga", "/events/q4/settings"),
        ("olga", "/events/q4"),
    ],
)  # fmt: skip
def test_no_page_after_the_event_needs_more_than_twelve_statements(
    app, won_stage, sign_in, who, path
):
    client = sign_in(getattr(won_stage.cast, who))
    with counted(app) as seen:
        assert client.get(path).status_code == 200
    assert len(seen) <= 12, "\n".join(seen)
