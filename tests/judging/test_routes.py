"""Judging through the pages: the organizer's cockpit, the judge's list, results."""

import re

import pytest
from make import make_project
from panel import do
from sqlalchemy import event

from hackathon.events.models import Event
from hackathon.judging.models import Round, Seat
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.judging.service.late import decide_late
from hackathon.judging.service.rounds import gather_projects, plan_visits
from hackathon.shared.db import db, reading, transaction


def page_of(answer):
    return answer.get_data(as_text=True)


def base(room):
    return f"/events/q4/judging/{room.round_id}"


def sheet_path(room, team):
    return f"{base(room)}/projects/{room.projects[team]}"


# --- the organizer ----------------------------------------------------------------------


def test_an_event_without_a_round_offers_to_set_judging_up(stage, sign_in):
    olga = sign_in(stage.olga)
    assert "Set up judging" in page_of(olga.get("/events/q4/judging"))
    page = page_of(olga.get("/events/q4/judging/new"))
    assert "Impact" in page
    assert 'value="Round 1"' in page


def rubric_form(**more):
    return {
        "name": "Final",
        "scale": "1 5 1",
        "mode": "pitches",
        "rule": "adjusted",
        "criteria-0-label": "Impact",
        "criteria-0-weight": "60",
        "criteria-0-anchors": "1: nice to have\n5: changes how we work",
        "criteria-1-label": "Works",
        "criteria-1-weight": "40",
    } | more


def test_a_round_is_made_in_one_form_and_only_once(stage, sign_in, app):
    olga = sign_in(stage.olga)
    form = rubric_form(once="the-first-click")
    first = olga.post("/events/q4/judging/new", data=form)
    second = olga.post("/events/q4/judging/new", data=form)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    with app.app_context():
        assert reading().query(Round).count() == 1
    method = page_of(olga.get(first.location + "/method"))
    assert "60 %" in method
    assert "changes how we work" in method


def test_a_rubric_that_breaks_its_rule_is_refused_and_what_was_typed_stays(stage, sign_in, app):
    form = rubric_form(**{"criteria-0-weight": "heavy", "criteria-1-label": "Keep my words"})
    answer = sign_in(stage.olga).post("/events/q4/judging/new", data=form)
    assert answer.status_code == 422
    assert "The weight of Impact must be a number above 0" in page_of(answer)
    assert "Keep my words" in page_of(answer)
    with app.app_context():
        assert reading().query(Round).count() == 0


def test_an_anchor_off_the_scale_is_refused(stage, sign_in):
    form = rubric_form(**{"criteria-0-anchors": "7: beyond"})
    answer = sign_in(stage.olga).post("/events/q4/judging/new", data=form)
    assert answer.status_code == 422
    assert "7 is not a step of the scale" in page_of(answer)


def test_the_rubric_of_a_draft_can_be_changed(stage, sign_in):
    olga = sign_in(stage.olga)
    path = olga.post("/events/q4/judging/new", data=rubric_form()).location
    assert "nice to have" in page_of(olga.get(f"{path}/edit"))
    answer = olga.post(f"{path}/edit", data=rubric_form(**{"criteria-1-label": "Runs"}))
    assert answer.status_code == 303
    assert "Runs" in page_of(olga.get(f"{path}/method"))


def test_a_refused_rubric_keeps_the_old_one(stage, sign_in):
    olga = sign_in(stage.olga)
    path = olga.post("/events/q4/judging/new", data=rubric_form()).location
    answer = olga.post(f"{path}/edit", data=rubric_form(**{"criteria-0-weight": "0"}))
    assert answer.status_code == 422
    assert "60 %" in page_of(olga.get(f"{path}/method"))


def test_the_cockpit_says_how_far_it_is(app, room, sign_in):
    with app.app_context():
        room.sheet("judith", "owls", 5, 4)
    page = page_of(sign_in(room.cast.olga).get("/events/q4/judging"))
    assert "1 of 6</span> sheets are in" in page
    assert "Judith" in page


def test_a_judge_is_added_by_address_and_a_stranger_becomes_a_person(app, room, sign_in):
    olga = sign_in(room.cast.olga)
    form = {"email": "noor@example.com", "name": "Noor"}
    assert olga.post(f"{base(room)}/seats", data=form).status_code == 303
    assert "Noor" in page_of(olga.get(base(room)))
    again = olga.post(f"{base(room)}/seats", data=form)
    assert again.status_code == 303, "the second click is the same seat"
    with app.app_context():
        assert reading().query(Seat).count() == 3


def test_an_address_that_is_none_is_refused(room, sign_in):
    answer = sign_in(room.cast.olga).post(f"{base(room)}/seats", data={"email": "noor"})
    assert answer.status_code == 422
    assert "Nothing was saved" in page_of(answer)


def test_a_seat_that_is_taken_away_ends_at_once(room, sign_in):
    judith = sign_in(room.cast.judith)
    assert judith.get(f"{base(room)}/list").status_code == 200
    seat = room.seats["judith"]
    sign_in(room.cast.olga).post(
        f"{base(room)}/judges/{seat}/away", data={"word": "left", "reason": "Called away"}
    )
    assert judith.get(f"{base(room)}/list").status_code == 403


def test_pausing_needs_a_reason_that_judges_read(room, sign_in):
    olga = sign_in(room.cast.olga)
    refused = olga.post(f"{base(room)}/move", data={"verb": "pause", "reason": ""})
    assert refused.status_code == 422
    olga.post(f"{base(room)}/move", data={"verb": "pause", "reason": "Lunch until one"})
    assert "Lunch until one" in page_of(sign_in(room.cast.judith).get(f"{base(room)}/list"))


def test_a_verb_that_does_not_start_here_says_so(room, sign_in):
    answer = sign_in(room.cast.olga).post(f"{base(room)}/move", data={"verb": "finalize"})
    assert answer.status_code == 409
    assert "The round is open; this needs it frozen. Nothing was changed." in page_of(answer)


def test_next_puts_a_team_on_stage_and_the_second_click_changes_nothing(room, sign_in):
    olga = sign_in(room.cast.olga)
    for _ in range(2):
        olga.post(f"{base(room)}/pitch", data={"position": "2"})
    page = page_of(olga.get(base(room)))
    assert "2 of 3" in page
    projector = page_of(olga.get(f"{base(room)}/stage"))
    assert "Foxes at work" in projector or "Bees at work" in projector
    answer = olga.post(f"{base(room)}/timer", data={"minutes": "4", "from": "stage"})
    assert answer.location.endswith("/stage")


def test_the_running_order_is_moved_and_drawn(room, sign_in):
    olga = sign_in(room.cast.olga)
    olga.post(f"{base(room)}/order", data={"up": str(room.projects["foxes"])})
    order = re.findall(r"\d\. <bdi>(\w+) at work", page_of(olga.get(base(room))))
    assert sorted(order) == ["Bees", "Foxes", "Owls"]
    assert olga.post(f"{base(room)}/order", data={"how": "lot"}).status_code == 303


def test_a_conflict_takes_the_project_off_the_list(room, sign_in):
    judith = sign_in(room.cast.judith)
    form = {"project": str(room.projects["foxes"]), "reason": "I advised them"}
    assert judith.post(f"{base(room)}/conflicts", data=form).location.endswith("/list")
    assert "Foxes" not in page_of(judith.get(f"{base(room)}/list"))
    assert judith.get(sheet_path(room, "foxes")).status_code == 404


# --- the judge --------------------------------------------------------------------------


def test_a_judge_is_led_to_the_own_list(room, sign_in):
    judith = sign_in(room.cast.judith)
    assert judith.get("/events/q4/judging").location.endswith("/list")
    page = page_of(judith.get(f"{base(room)}/list"))
    assert "0 of 3 done" in page
    assert "Owls at work" in page


def test_a_sheet_is_saved_by_plain_form(room, sign_in):
    judith, path = sign_in(room.cast.judith), sheet_path(room, "owls")
    form = {"value-impact": "5", "value-works": "3", "strength": "Clear", "once": "a" * 32}
    assert judith.post(path, data=form).status_code == 303
    page = page_of(judith.get(path))
    assert "1 of 3 done" in page
    assert "Clear" in page
    assert judith.post(path, data=form).status_code == 303
    with_values = re.findall(r'value="(\d)" checked', page_of(judith.get(path)))
    assert with_values == ["5", "3"]


def test_line_16_a_value_that_is_no_number_is_refused_and_stays_typed(room, sign_in):
    judith, path = sign_in(room.cast.judith), sheet_path(room, "owls")
    answer = judith.post(path, data={"value-impact": "4,5", "strength": "My words stay"})
    assert answer.status_code == 422
    assert "Scores go from 1 to 5. Nothing was saved." in page_of(answer)
    assert "My words stay" in page_of(answer)


def test_words_wait_until_every_criterion_has_a_score(room, sign_in):
    judith, path = sign_in(room.cast.judith), sheet_path(room, "owls")
    answer = judith.post(path, data={"value-impact": "4", "strength": "Early"})
    assert answer.status_code == 422
    assert "The scores are saved. The words wait until these have a score" in page_of(answer)
    assert "Early" in page_of(answer)


def test_line_22_after_the_close_a_typed_sheet_goes_to_the_late_tray(app, room, sign_in):
    with app.app_context():
        room.move("freeze")
    form = {"value-impact": "4", "value-works": "4"}
    answer = sign_in(room.cast.judith).post(sheet_path(room, "owls"), data=form)
    assert answer.status_code == 409
    assert "Received after judging closed. The organizers will decide." in page_of(answer)
    olga = sign_in(room.cast.olga)
    page = page_of(olga.get(f"{base(room)}/late"))
    assert "2 wait for your decision" in page
    chosen = re.findall(r'name="late" value="(\d+)"', page)
    form = {"late": chosen, "answer": "accept", "reason": ""}
    assert olga.post(f"{base(room)}/late", data=form).status_code == 422
    form["reason"] = "She stood before me"
    assert olga.post(f"{base(room)}/late", data=form).status_code == 303
    assert "Everything is decided" in page_of(olga.get(f"{base(room)}/late"))
    assert "Result record 2, 1 sheets" in page_of(olga.get(f"{base(room)}/standings"))


def test_the_late_tray_offers_all_of_each_judge_by_one_button(app, room, sign_in):
    with app.app_context():
        room.sheet("judith", "owls", 4, 4)
        room.move("freeze")
        room.sheet("judith", "bees", 5, 5)
        last = room.mark("jonas", "bees", "works", 5).receipt
    olga = sign_in(room.cast.olga)
    page = page_of(olga.get(f"{base(room)}/late"))
    judith, jonas = room.seats["judith"], room.seats["jonas"]
    assert f'value="accept-{judith}-2"' in page
    assert f'value="refuse-{jonas}-{last}"' in page
    form = {"answer": f"accept-{judith}-2", "reason": ""}
    refused = olga.post(f"{base(room)}/late", data=form)
    assert (refused.status_code, "Say why" in page_of(refused)) == (422, True)
    form["reason"] = "The hall had no signal"
    answer = olga.post(f"{base(room)}/late", data=form, follow_redirects=True)
    assert "2 accepted; a new result record is written." in page_of(answer)
    assert f'value="accept-{judith}-' not in page_of(answer)
    assert olga.post(f"{base(room)}/late", data=form | {"answer": "maybe"}).status_code == 400
    empty = olga.post(f"{base(room)}/late", data={"answer": "accept", "reason": "Signal"})
    assert "take all of one judge" in page_of(empty)


def test_the_cockpit_shows_what_the_moment_needs_and_the_rest_in_a_menu(app, room, sign_in):
    olga = sign_in(room.cast.olga)

    def buttons():
        row, menu = page_of(olga.get(base(room))).split('class="btn-list press', 1)[1].split(
            '<details class="more">'
        )  # fmt: skip
        words = [
            re.sub(r"<[^>]+>", "", found).strip()
            for part in (row, menu.split("</details>")[0])
            for found in re.findall(r"</svg>(.*?)</(?:a|button)>", part, re.DOTALL)
        ]
        return words[: row.count("</svg>")], words[row.count("</svg>") :]

    now, rest = buttons()
    assert now[0] == "Close judging"
    assert {"The rubric", "Look at scores", "Conflicts", "Run sheet"} <= set(rest)
    with app.app_context():
        room.move("pause", "Coffee")
    assert buttons()[0][:2] == ["Go on", "Close judging"]
    with app.app_context():
        room.move("resume")
        room.everything()
        room.move("freeze")
        room.mark("judith", "owls", "impact", 1, seq=9)
    assert buttons()[0] == ["Late tray (1)", "Make it final", "Standings"]
    with app.app_context():
        do(decide_late, room.cast.olga, **room.place, which=[1], is_accepted=False, reason="Late")
        room.move("finalize")
    now, rest = buttons()
    assert now == ["Reveal", "Projector and audience", "Carry the best into a final"]
    assert {"Standings", "Late tray", "Open again"} <= set(rest)
    with app.app_context():
        room.publish()
    assert buttons()[0] == ["Results", "Standings"]


def test_line_18_a_project_that_is_not_on_the_list_is_not_found(room, sign_in):
    judith = sign_in(room.cast.judith)
    assert judith.get(f"{base(room)}/projects/9999").status_code == 404
    assert judith.post(f"{base(room)}/projects/9999", data={"value-impact": "4"}).status_code == 404


# --- values, results --------------------------------------------------------------------


def test_scores_stay_closed_until_a_reason_is_given(app, room, sign_in):
    with app.app_context():
        room.everything()
    olga = sign_in(room.cast.olga)
    assert "Scores stay closed" in page_of(olga.get(f"{base(room)}/standings"))
    assert olga.post(f"{base(room)}/standings", data={"look": ""}).status_code == 422
    page = page_of(olga.post(f"{base(room)}/standings", data={"look": "The jury asks"}))
    assert "5.00" in page


def test_an_organizer_with_a_seat_does_not_see_values(app, room, sign_in):
    olga = sign_in(room.cast.olga)
    olga.post(f"{base(room)}/seats", data={"email": room.cast.olga.email})
    assert "stay closed to you" in page_of(olga.get(f"{base(room)}/standings"))
    assert olga.post(f"{base(room)}/standings", data={"look": "Please"}).status_code == 403
    assert olga.get(f"{base(room)}/standings.csv").status_code == 403


def test_the_reveal_goes_step_by_step_and_then_everybody_reads_the_results(app, room, sign_in):
    with app.app_context():
        room.to_reveal()
    olga, paul = sign_in(room.cast.olga), sign_in(room.cast.paul)
    assert "No results yet" in page_of(paul.get("/events/q4/results"))
    assert olga.post(f"{base(room)}/reveal/plan", data={"top": "2"}).status_code == 303
    assert "2 steps" in page_of(olga.get(f"{base(room)}/reveal"))
    olga.post(f"{base(room)}/reveal", data={"step": "1"})
    shown = page_of(paul.get("/events/q4/results"))
    assert "Bees" in shown
    assert "Owls" not in shown
    olga.post(f"{base(room)}/reveal", data={"step": "2"})
    assert "Owls" in page_of(paul.get("/events/q4/results"))
    assert olga.post(f"{base(room)}/publish").status_code == 303
    assert "took the first place" in page_of(paul.get("/events/q4/results"))


def test_a_team_reads_its_own_card_and_not_another(app, room, sign_in):
    with app.app_context():
        room.everything()
        room.texts("judith", "owls", strength="Clear as day", question="Who runs it?")
        room.move("freeze")
        room.move("finalize")
        teams = {row.project_id: row.team_id for row in room_rows(room)}
        room.show(3)
        room.publish()
    own, other = teams[room.projects["owls"]], teams[room.projects["bees"]]
    paul = sign_in(room.cast.paul)
    page = page_of(paul.get(f"/events/q4/results/teams/{own}"))
    assert "Place 1 of 3" in page
    assert "Clear as day" in page
    assert "Judith" not in page
    assert paul.get(f"/events/q4/results/teams/{other}").status_code == 404


def room_rows(room):
    record = newest_record(reading(), room.round_id)
    return recorded_standings(reading(), record)


def test_a_prize_has_a_reason_that_everybody_reads(app, room, sign_in):
    with app.app_context():
        room.to_reveal()
    olga = sign_in(room.cast.olga)
    form = {"name": "Best reuse", "project": str(room.projects["foxes"]), "reason": ""}
    assert olga.post(f"{base(room)}/awards", data=form).status_code == 422
    form["reason"] = "Three teams can use it"
    assert olga.post(f"{base(room)}/awards", data=form).status_code == 303
    with app.app_context():
        room.show(3)
        room.publish()
    page = page_of(sign_in(room.cast.paul).get("/events/q4/results"))
    assert "Three teams can use it" in page


def test_the_record_is_exported_unrounded(app, room, sign_in):
    with app.app_context():
        room.sheet("judith", "owls", 5, 4)
        room.sheet("judith", "bees", 4, 4)
        room.sheet("jonas", "owls", 4, 4)
        room.move("freeze")
    lines = page_of(sign_in(room.cast.olga).get(f"{base(room)}/standings.csv")).splitlines()
    assert lines[0].startswith('"place","project","team","adjusted","raw_mean","sheets",')
    assert '"Owls at work"' in lines[1]
    assert ",4.25," in lines[1]


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("olga", ""), ("olga", "/late"), ("olga", "/standings"), ("olga", "/reveal"),
        ("olga", "/screens"), ("olga", "/reopen"), ("olga", "/rehearsal"),
                ("olga", "/stage"), ("olga", "/method"), ("judith", "/list"),
        ("olga", "/plan"), ("olga", "/timetable"), ("olga", "/edit"), ("olga", "/visits/1"),
        ("judith", "/practice"), ("judith", "/device"), ("paul", "/method"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("teams", [10, 197])
def test_no_page_of_judging_needs_more_than_twelve_statements(app, room, sign_in, who, path, teams):
    with app.app_context():
        with transaction() as session:
            place = session.get_one(Event, room.cast.event_id)
            for number in range(teams):
                make_project(session, place, name=f"Team {number}", saved_at=place.starts_at)
            session.flush()
            found = session.get_one(Round, room.round_id)
            gather_projects(session, found)
            plan_visits(session, found)
        room.move("pause", reason="Lunch")
        engine = db.engine
    client = sign_in(getattr(room.cast, who))
    client.get(base(room) + path)
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert client.get(base(room) + path).status_code == 200
    asked = [text for text in asked if not text.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]
    assert len(asked) <= 12, "\n".join(asked)


@pytest.mark.parametrize("path", ["", "/standings", "/why", "/chair", "/reopen", "/stage"])
def test_no_page_of_a_frozen_round_needs_more_than_twelve_statements(app, room, sign_in, path):
    with app.app_context():
        for name in ("judith", "jonas"):
            for team, value in (("owls", 5), ("bees", 4), ("foxes", 2)):
                room.sheet(name, team, value, 3 if name == "jonas" else value)
        room.move("freeze")
        engine = db.engine
    client = sign_in(room.cast.olga)
    client.get(base(room) + path)
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert client.get(base(room) + path).status_code == 200
    asked = [text for text in asked if not text.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]
    assert len(asked) <= 12, "\n".join(asked)
