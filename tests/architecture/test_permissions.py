"""The permission matrix: every door, every member of the cast; a door without a row fails."""

import pytest
from make import actor, client_of, make_event, make_participant, make_project, make_rubric

from hackathon.events.models import Event
from hackathon.judging.service.rounds import add_round
from hackathon.judging.service.seats import add_seat
from hackathon.people.models import Person
from hackathon.people.queries import find_person
from hackathon.people.rules import COMMAND_LINE
from hackathon.people.service import make_link
from hackathon.shared.db import transaction
from hackathon.teams import service as teams
from hackathon.teams.models import Team

EVERYBODY = {"visitor", "paul", "judith", "rita", "olga", "lena", "ada"}
SIGNED_IN = EVERYBODY - {"visitor"}
MEMBERS = {"paul", "olga", "lena", "ada"}
ORGANIZERS = {"olga", "lena", "ada"}
LEADS = {"lena", "ada"}
JUDGES = {"judith"}  # holds a seat and no role

MATRIX = {
    "static": EVERYBODY,
    "home.index": EVERYBODY,
    "home.start": EVERYBODY,
    "home.start_for_real": EVERYBODY,
    "home.health": EVERYBODY,
    "home.help_index": EVERYBODY,
    "home.help_page": EVERYBODY,
    "home.show_metrics": EVERYBODY,  # of this computer: tests/home/test_metrics.py
    "home.site": {"ada"},
    "home.change_site": {"ada"},
    "people.sign_in": EVERYBODY,
    "people.enter": EVERYBODY,
    "people.enter_demo": EVERYBODY,
    "people.ask_for_link": EVERYBODY,
    "people.link": EVERYBODY,
    "people.use_link": EVERYBODY,
    "people.sign_out": EVERYBODY,
    "people.account": SIGNED_IN,
    "people.save_account": SIGNED_IN,
    "people.save_ways": SIGNED_IN,
    "people.save_password": SIGNED_IN,
    "people.end_devices": SIGNED_IN,
    "people.notice_list": SIGNED_IN,
    "people.read_notices": SIGNED_IN,
    "events.index": EVERYBODY,
    "events.new": LEADS,
    "events.create": LEADS,
    "events.overview": EVERYBODY,
    "events.as_json": SIGNED_IN,
    "events.join": EVERYBODY,
    "events.register": SIGNED_IN,
    "events.terms": MEMBERS,
    "events.accept_terms": MEMBERS,
    "events.people_list": MEMBERS,
    "events.settings": ORGANIZERS,
    "events.change": ORGANIZERS,
    "events.publish": ORGANIZERS,
    "events.move_phase": ORGANIZERS,
    "events.extend": ORGANIZERS,
    "events.close": ORGANIZERS,
    "events.change_join_link": ORGANIZERS,
    "events.give_role": ORGANIZERS,
    "events.take_role": ORGANIZERS,
    "events.make_link": ORGANIZERS,
    "teams.index": MEMBERS,
    "teams.create": MEMBERS,
    "teams.look": MEMBERS,
    "teams.team": MEMBERS,
    "teams.change_team": MEMBERS,
    "teams.lock_team": MEMBERS,
    "teams.open_place": MEMBERS,
    "teams.close_place": MEMBERS,
    "teams.invite": MEMBERS,
    "teams.revoke": MEMBERS,
    "teams.invitation": EVERYBODY,
    "teams.accept": SIGNED_IN,
    "teams.accept_shown": MEMBERS,
    "teams.ask": {"paul"},
    "teams.answer": MEMBERS,
    "teams.leave": MEMBERS,
    "teams.remove": MEMBERS,
    "teams.hand_over": MEMBERS,
    "teams.place_person": ORGANIZERS,
    "teams.place_agreed": ORGANIZERS,
    "teams.help_page": MEMBERS,
    "teams.ask_for_help": MEMBERS,
    "teams.move_help": MEMBERS,
    "projects.index": MEMBERS,
    "projects.project": MEMBERS,
    "projects.edit": {"paul"},
    "projects.save": {"paul"},
    "projects.mend": ORGANIZERS,
    "projects.save_mended": ORGANIZERS,
    "projects.version": MEMBERS,
    "projects.reopen": ORGANIZERS,
    "projects.take_out": ORGANIZERS,
    "projects.put_back": ORGANIZERS,
    "judging.index": ORGANIZERS | JUDGES,
    "judging.new": ORGANIZERS,
    "judging.create": ORGANIZERS,
    "judging.cockpit": ORGANIZERS,
    "judging.edit": ORGANIZERS,
    "judging.change": ORGANIZERS,
    "judging.move": ORGANIZERS,
    "judging.add_seat": ORGANIZERS,
    "judging.declare": ORGANIZERS | JUDGES,
    "judging.set_order": ORGANIZERS,
    "judging.show_pitch": ORGANIZERS,
    "judging.restart_timer": ORGANIZERS,
    "judging.stage": ORGANIZERS,
    "judging.method": EVERYBODY,
    "judging.worker": JUDGES,
    "judging.device": JUDGES,
    "judging.judge": ORGANIZERS,
    "judging.judge_link": ORGANIZERS,
    "judging.judge_away": ORGANIZERS,
    "judging.judge_back": ORGANIZERS,
    "judging.here_again": JUDGES,
    "judging.paper": ORGANIZERS,
    "judging.enter_paper": ORGANIZERS,
    "judging.papers": ORGANIZERS,
    "judging.enter_papers": ORGANIZERS,
    "judging.save_papers": ORGANIZERS,
    "judging.visit": ORGANIZERS,
    "judging.correct": ORGANIZERS,
    "judging.preview": ORGANIZERS,
    "judging.publish_method": ORGANIZERS,
    "judging.practice": JUDGES,
    "judging.plan": ORGANIZERS,
    "judging.apply": ORGANIZERS,
    "judging.give_visit": ORGANIZERS,
    "judging.timetable": ORGANIZERS,
    "judging.calendar": ORGANIZERS | JUDGES,
    "judging.take_next": JUDGES,
    "judging.release": JUDGES,
    "judging.late": ORGANIZERS,
    "judging.decide_late": ORGANIZERS,
    "judging.standings": ORGANIZERS,
    "judging.look": ORGANIZERS,
    "judging.standings_csv": ORGANIZERS,
    "judging.sheets_csv": ORGANIZERS,
    "judging.why": ORGANIZERS,
    "judging.decide_place": ORGANIZERS,
    "judging.screens": ORGANIZERS,
    "judging.screen": EVERYBODY,  # nobody signs in at a projector
    "judging.ask_code": EVERYBODY,
    "judging.screen_state": EVERYBODY,
    "judging.confirm_screen": ORGANIZERS,
    "judging.make_key": ORGANIZERS,
    "judging.revoke_key": ORGANIZERS,
    "judging.rehearsal": ORGANIZERS,
    "judging.turn_vote": ORGANIZERS,
    "judging.vote": SIGNED_IN,
    "judging.cast": SIGNED_IN,
    "judging.reopen": ORGANIZERS,
    "judging.ask_to_reopen": ORGANIZERS,
    "judging.decide_reopening": ORGANIZERS,
    "judging.chair_report": ORGANIZERS,
    "judging.ask_words": ORGANIZERS,
    "judging.give_award": ORGANIZERS,
    "judging.take_award_back": ORGANIZERS,
    "judging.conflicts": ORGANIZERS,
    "judging.lift_conflict": ORGANIZERS,
    "judging.set_departmental": ORGANIZERS,
    "judging.final": ORGANIZERS,
    "judging.carry_on": ORGANIZERS,
    "judging.projects": ORGANIZERS,
    "judging.choose_projects": ORGANIZERS,
    "judging.reveal": ORGANIZERS,
    "judging.show_step": ORGANIZERS,
    "judging.plan_reveal": ORGANIZERS,
    "judging.publish": ORGANIZERS,
    "judging.results": EVERYBODY,
    "judging.card": MEMBERS,
    "judging.my_list": JUDGES,
    "judging.sheet": JUDGES,
    "judging.save_sheet": JUDGES,
    "judging.as_json": ORGANIZERS | JUDGES,
    "judging.board": SIGNED_IN,
    "judging.marks_json": ORGANIZERS,
    "office.facts": SIGNED_IN,
    "office.import_page": ORGANIZERS,
    "office.blank": ORGANIZERS,
    "office.bring": ORGANIZERS,
    "office.changes": ORGANIZERS,
    "office.cards": ORGANIZERS,
    "office.make_cards": ORGANIZERS,
    "events.people_csv": ORGANIZERS,
    "events.announcements": SIGNED_IN,
    "events.banners": SIGNED_IN,
    "events.announce": ORGANIZERS,
    "events.edit_announcement": ORGANIZERS,
    "events.change_announcement": ORGANIZERS,
    "events.withdraw_announcement": ORGANIZERS,
    "events.dismiss": SIGNED_IN,
    "events.agenda": EVERYBODY,
    "events.add_item": ORGANIZERS,
    "events.edit_item": ORGANIZERS,
    "events.change_item": ORGANIZERS,
    "events.remove_item": ORGANIZERS,
    "events.agenda_feed": EVERYBODY,  # by a private address, as calendars ask
    "credits.index": MEMBERS,
    "credits.statement": MEMBERS,
    "credits.costs": MEMBERS,
    "credits.costs_csv": MEMBERS,
    "credits.as_json": MEMBERS,
    "credits.as_csv": ORGANIZERS,
    "credits.event_chargeback": ORGANIZERS,
    "credits.pool": ORGANIZERS,
    "credits.set_budget": ORGANIZERS,
    "credits.fund": ORGANIZERS,
    "credits.grant": ORGANIZERS,
    "credits.split": ORGANIZERS,
    "credits.read": ORGANIZERS,
    "credits.charge": ORGANIZERS,
    "credits.give_back": ORGANIZERS,
    "credits.describe": ORGANIZERS,
    "credits.reverse": ORGANIZERS,
    "credits.bills": ORGANIZERS,
    "credits.upload_bill": ORGANIZERS,
    "credits.waiting_bill": ORGANIZERS,
    "credits.bill_progress": ORGANIZERS,
    "credits.read_bill_again": ORGANIZERS,
    "credits.cancel_bill": ORGANIZERS,
    "credits.apply": ORGANIZERS,
    "credits.bill": ORGANIZERS,
    "credits.source": ORGANIZERS,
    "credits.add_mapping": ORGANIZERS,
    "credits.change_bill_source": ORGANIZERS,
    "credits.hand_over_account": ORGANIZERS,
    "credits.enter_exchange_rate": ORGANIZERS,
    "credits.chargeback": ORGANIZERS,
    "credits.close_all": ORGANIZERS,
    "credits.carry": ORGANIZERS,
    "credits.set_state": ORGANIZERS,
    "credits.make_token": MEMBERS,
    "credits.revoke_token": MEMBERS,
    "credits.ask": MEMBERS,
    "credits.request_list": ORGANIZERS,
    "credits.decide": ORGANIZERS,
    "credits.forecast": ORGANIZERS,
    "credits.forecast_csv": ORGANIZERS,
    "credits.plan": LEADS,
    "credits.plan_csv": LEADS,
    "credits.plan_budget": LEADS,
    "credits.plan_transfer": LEADS,
    "credits.plan_other": LEADS,
    "credits.make_hold": set(),  # a team's token opens it, a person never
    "credits.capture_hold": set(),
    "credits.void_hold": set(),
    "backlog.promote": ORGANIZERS,
    "backlog.promote_winners": ORGANIZERS,
    "backlog.nominate": ORGANIZERS,
    "backlog.index": SIGNED_IN,
    "backlog.index_csv": SIGNED_IN,
    "backlog.new": SIGNED_IN,
    "backlog.create": SIGNED_IN,
    "backlog.proposal": SIGNED_IN,
    "backlog.move": SIGNED_IN,
    "backlog.plan": SIGNED_IN,
    "backlog.change_owner": SIGNED_IN,
    "backlog.save_page": SIGNED_IN,
    "backlog.check_in": SIGNED_IN,
    "backlog.calendar": SIGNED_IN,
    "report.index": SIGNED_IN,
    "report.quarter": SIGNED_IN,
    "report.as_csv": SIGNED_IN,
    "report.sign": LEADS,
    "report.retrospective": MEMBERS,
    "report.add_lesson": MEMBERS,
    "report.end_lesson": MEMBERS,
    "report.survey": MEMBERS | JUDGES,
    "report.answer": MEMBERS | JUDGES,
    "report.manage_survey": ORGANIZERS,
    "report.write_survey": ORGANIZERS,
    "report.close_survey": ORGANIZERS,
    "report.survey_csv": ORGANIZERS,
    "report.certificates": MEMBERS,
    "office.discard": ORGANIZERS,
    "backlog.further": MEMBERS,
    "backlog.take_further": MEMBERS,
    "backlog.decline_wish": ORGANIZERS,
}
"""Who passes the door; what the rules behind it refuse is tested with each service."""


def _doors(app):
    for rule in app.url_map.iter_rules():
        method = "POST" if "POST" in rule.methods else "GET"
        yield rule, method


@pytest.fixture
def places(app, stage):
    """Real values for every argument of an address, all of the event q4."""
    with app.app_context(), transaction() as session:
        paul = find_person(session, stage.paul.id)
        captain = actor(stage.paul, event_id=stage.event_id, roles=["participant"])
        team = teams.create_team(session, captain, event_id=stage.event_id, name="Owls")
        token = make_link(session, COMMAND_LINE, person_id=paul.id)
        place = {"event_id": stage.event_id}
        found = add_round(session, COMMAND_LINE, **place, rubric=make_rubric())
        place["round_id"] = found.id
        seat = add_seat(session, COMMAND_LINE, **place, person_id=stage.judith.id)
        event = session.get_one(Event, stage.event_id)
        project = make_project(session, event, name="Bees")
    return {
        "slug": "q4",
        "team_id": team.id,
        "person_id": stage.pia.id,
        "role": "mentor",
        "token": token,
        "filename": "shared/app.css",
        "number": 1,
        "proposal_id": 1,
        "quarter": "2026-Q4",
        "verb": "accept",
        "key": "7d",
        "opening_id": 1,
        "request_id": 1,
        "invitation_id": 1,
        "round_id": found.id,
        "seat_id": seat.id,
        "visit_id": 1,
        "project_id": project.id,
        "entry_id": 1,
        "bill_id": 1,
        "source_id": 1,
        "key_id": 1,
        "conflict_id": 1,
        "award_id": 1,
        "word": "open",
        "kind": "people",
        "token_id": 1,
        "hold_id": 1,
        "year": 2026,
        "lesson_id": 1,
        "reader": "judge",
        "announcement_id": 1,
        "item_id": 1,
        "help_id": 1,
    }


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_each_door_opens_exactly_for_whom_the_matrix_says(app, stage, places, who):
    wrong = {}
    for rule, method in _doors(app):
        # a client each: signing out or leaving must not change what the next door sees
        client = client_of(app, getattr(stage, who, None))
        with app.test_request_context():
            path = rule.build({name: places[name] for name in rule.arguments})[1]
        status = client.open(path, method=method).status_code
        to_sign_in = status == 302 and who == "visitor" and rule.endpoint != "home.start"
        refused = status in {401, 403} or (to_sign_in and who not in MATRIX[rule.endpoint])
        if rule.endpoint == "people.enter":
            refused = False  # 401 there is the answer to a wrong password
        if refused == (who in MATRIX[rule.endpoint]) or status == 500:
            wrong[rule.endpoint] = status
    assert wrong == {}


def test_every_door_has_a_row_in_the_matrix(app):
    assert {rule.endpoint for rule, _ in _doors(app)} == set(MATRIX)


def test_what_belongs_to_another_event_is_not_found(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        event = session.get_one(Event, stage.other_event_id)
        paul = session.get_one(Person, stage.paul.id)
        make_participant(session, paul, event)
        hidden = make_event(session, slug="hidden", published_at=None)
        team = Team(event_id=event.id, name="Bees", name_key="bees", capacity=5)
        session.add(team)
        session.flush()
        foreign = team.id
        assert hidden.id
    client = sign_in(stage.paul)
    assert client.get(f"/events/q4/teams/{foreign}").status_code == 404
    assert client.post(f"/events/q4/teams/{foreign}/leave").status_code == 404
    assert client.get(f"/events/other/teams/{foreign}").status_code == 200
    missing = client.get("/api/v1/events/nowhere")
    draft = client.get("/api/v1/events/hidden")
    assert (missing.status_code, draft.status_code) == (404, 404)
    assert missing.json["message"] == draft.json["message"]
