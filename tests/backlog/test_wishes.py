"""Take it further: a team asks, organizers promote or say why not now."""

from html import unescape

import pytest
from backlog.scene import do, make_submission, promote_first, proposal

from hackathon.backlog.queries.wishes import waiting_wishes, wish_of
from hackathon.backlog.service import promotion
from hackathon.backlog.service.wishes import decline_wish, take_further
from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.projects.models import Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.jobs import follow_facts

NEEDS = "Two people for six weeks, and read access to the invoices."


def team_of(project_id):
    return reading().get_one(Project, project_id).team_id


def ask(won, player, place=1, needs=NEEDS):
    team_id = team_of(won.projects[place])
    return do(take_further, player, event_id=won.event_id, team_id=team_id, needs=needs)


def waiting(won):
    reading().rollback()
    return [row.title for row in waiting_wishes(reading(), reading().get_one(Event, won.event_id))]


def test_a_wish_waits_until_the_project_is_promoted(won):
    ask(won, won.cast.pia)
    ask(won, won.cast.pia, needs="Only one person, for two weeks.")
    assert waiting(won) == ["Shift planner"]
    assert wish_of(reading(), won.projects[1]).needs == "Only one person, for two weeks."
    choice = promotion.Choice(won.projects[1], owner="owen@example.com", reason="The team asks")
    do(promotion.promote, won.cast.olga, event_id=won.event_id, choices=[choice])
    assert waiting(won) == []
    with pytest.raises(Conflict, match="in the backlog already"):
        ask(won, won.cast.pia)


def test_it_is_declined_with_a_reason_and_may_be_asked_again(won):
    ask(won, won.cast.pia)
    where = {"event_id": won.event_id, "project_id": won.projects[1]}
    with pytest.raises(NotAllowed):
        do(decline_wish, won.cast.pia, **where, reason="No money")
    with pytest.raises(Invalid):
        do(decline_wish, won.cast.olga, **where, reason=" ")
    do(decline_wish, won.cast.olga, **where, reason="No money before spring")
    assert waiting(won) == []
    with pytest.raises(Conflict):
        do(decline_wish, won.cast.olga, **where, reason="Once more")
    ask(won, won.cast.pia)
    assert waiting(won) == ["Shift planner"]


def test_only_the_team_asks_only_after_the_reveal_only_of_real_events(won):
    for player in (won.cast.paul, won.cast.olga, won.cast.rita):
        with pytest.raises(NotAllowed):
            ask(won, player)
    for words in ("", " soon ", "x" * 2001):
        with pytest.raises(Invalid):
            ask(won, won.cast.pia, needs=words)
    with pytest.raises(NotFound):
        do(
            decline_wish, won.cast.lena, event_id=won.cast.other_event_id,
            project_id=won.projects[1], reason="Another event's",
        )  # fmt: skip
    for column, refusal in (("is_rehearsal", "rehearsal"), ("revealed_at", "after the reveal")):
        with transaction() as session:
            event = session.get_one(Event, won.event_id)
            before = getattr(event, column)
            setattr(event, column, True if column == "is_rehearsal" else None)
        with pytest.raises(Conflict, match=refusal):
            ask(won, won.cast.pia)
        with transaction() as session:
            setattr(session.get_one(Event, won.event_id), column, before)
    assert waiting(won) == []


def test_a_withdrawn_project_goes_nowhere(won):
    with transaction() as session:
        project = session.get_one(Project, won.projects[1])
        project.withdrawn_at = session.get_one(Event, won.event_id).revealed_at
    with pytest.raises(NotFound):
        ask(won, won.cast.pia)


# --- pages ----------------------------------------------------------------------------


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def test_from_the_result_card_to_the_organizers_and_back(app, won_stage, sign_in):
    cast = won_stage.cast
    with app.app_context():
        team, project = team_of(won_stage.projects[1]), won_stage.projects[1]
    path = f"/events/q4/results/teams/{team}/further"
    pia, olga, paul = sign_in(cast.pia), sign_in(cast.olga), sign_in(cast.paul)
    assert path in text_of(pia.get(f"/events/q4/results/teams/{team}"))
    page = text_of(pia.get(path))
    assert "Two people for six weeks" in page  # what the card says is needed next
    assert pia.post(path, data={"needs": "soon"}).status_code == 422
    assert pia.post(path, data={"needs": NEEDS}).status_code == 303
    assert "You have asked; the organizers decide." in text_of(pia.get(path))
    for method in (paul.get, paul.post):
        assert method(path).status_code == 404
    with app.app_context():
        follow_facts(app)
    assert "wants to take its project further" in text_of(olga.get("/notices"))
    assert "1 more ask to go on" in text_of(olga.get("/"))
    page = text_of(olga.get("/events/q4/results/promote"))
    assert "1 team asks to go on" in page
    assert NEEDS in page
    decline = f"/events/q4/results/wishes/{project}/decline"
    assert olga.post(decline, data={"reason": "No money before spring"}).status_code == 303
    with app.app_context():
        follow_facts(app)
    assert "does not go on now" in text_of(pia.get("/notices"))
    page = text_of(pia.get(path))
    assert "No money before spring" in page
    assert "Ask again" in page
    assert "No money before spring" in text_of(olga.get(path))


def test_a_promoted_project_s_page_leads_to_its_proposal(app, won_stage, sign_in):
    with app.app_context():
        found = promote_first(won_stage)
        team = team_of(won_stage.projects[0])
        assert proposal(found).project_id == won_stage.projects[0]
    page = text_of(sign_in(won_stage.cast.paul).get(f"/events/q4/results/teams/{team}/further"))
    assert f"/backlog/{found}" in page
    assert "Take it further</button>" not in page


def test_before_the_reveal_and_for_a_team_without_a_card_there_is_no_such_page(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        event = session.get_one(Event, stage.event_id)
        project = make_submission(session, event, session.get_one(Person, stage.paul.id))
        team = project.team_id
    paul = sign_in(stage.paul)
    assert paul.get(f"/events/q4/results/teams/{team}/further").status_code == 404
    assert paul.get("/events/q4/results/teams/99/further").status_code == 404
