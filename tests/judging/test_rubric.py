"""The method in public: previewed, published, changed with a reason, practiced."""

import json

import pytest
import sqlalchemy as sa
from panel import do

from hackathon.judging.models import Mark, RubricVersion
from hackathon.judging.queries.results import live_standings
from hackathon.judging.queries.rounds import criteria_of
from hackathon.judging.queries.versions import versions_of
from hackathon.judging.rules import check_rubric, check_scale
from hackathon.judging.service import rubric as service
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed
from hackathon.shared.facts import facts_of


def page_of(answer):
    return answer.get_data(as_text=True)


def revise(panel, lines=None, reason="Judges asked", player=None, high=5):
    given = lines or [
        ("impact", "Effect", 3, {"5": "changes how we work"}),
        ("works", "Works", 1, {}),
    ]
    rubric = check_rubric("Final", check_scale(1, high, 1), given)
    more = {"rubric": rubric, "reason": reason}
    do(service.revise_rubric, player or panel.cast.olga, **panel.place, **more)


def test_a_change_while_judging_is_open_is_a_version_with_its_reason(panel):
    panel.sheet("judith", "owls", 5, 1)
    revise(panel)
    panel.move("pause", "Lunch")
    revise(panel, [("impact", "Effect", 1, {}), ("works", "Works", 1, {})], reason="Too much")
    reading().rollback()
    second, first = versions_of(reading(), panel.round_id)
    assert (first.number, first.reason) == (2, "Judges asked")
    assert first.changes == [
        "Impact is now called Effect", "Effect: weight 3 instead of 1",
        "Effect: other words for the levels",
    ]  # fmt: skip
    assert (second.number, second.changes[0]) == (3, "Effect: weight 1 instead of 3")
    kinds = [fact.kind for fact in facts_of(reading(), f"judging:{panel.round_id}")]
    assert kinds.count("rubric.revised") == 2


def test_scores_keep_their_values_and_standings_follow_the_newest_weights(panel):
    panel.sheet("judith", "owls", 5, 1)
    revise(panel)
    reading().rollback()
    assert [mark.value for mark in reading().scalars(sa.select(Mark))] == [50, 10]
    assert float(live_standings(reading(), panel.event, panel.round)[0].raw_mean) in {4.0, 40.0}


def test_scale_and_criteria_stay(panel):
    for lines, high in (([("idea", "Idea", 1, {})], 5), (None, 7)):
        with pytest.raises(Conflict, match="scale and criteria stay"):
            revise(panel, lines, high=high)
    with pytest.raises(Invalid):
        revise(panel, reason=" ")
    with pytest.raises(NotAllowed):
        revise(panel, player=panel.cast.judith)
    assert versions_of(reading(), panel.round_id) == []
    panel.move("freeze")
    with pytest.raises(Conflict, match="stays as it is"):
        revise(panel)


def test_the_same_rubric_again_is_no_version(panel):
    given = [("impact", "Impact", 1, {}), ("works", "Works", 1, {})]
    revise(panel, given)
    assert reading().scalar(sa.select(sa.func.count(RubricVersion.id))) == 0


def test_a_draft_is_changed_without_a_version(draft):
    with pytest.raises(Conflict, match="not open"):
        revise(draft)
    assert [line.key for line in criteria_of(reading(), draft.round_id)] == ["impact", "works"]


# --- pages ------------------------------------------------------------------------------


@pytest.fixture
def base(room):
    return f"/events/q4/judging/{room.round_id}"


def form_of(**more):
    return {
        "name": "Final", "scale": "1 5 1", "mode": "pitches", "rule": "adjusted",
        "criteria-0-label": "Effect", "criteria-0-weight": "3", "criteria-0-key": "impact",
        "criteria-0-anchors": "5: changes how we work",
        "criteria-1-label": "Works", "criteria-1-weight": "1", "criteria-1-key": "works",
    } | more  # fmt: skip


def test_judges_and_the_method_page_show_what_changed_and_why(room, base, sign_in):
    olga = sign_in(room.cast.olga)
    assert olga.post(f"{base}/edit", data=form_of()).status_code == 422  # no reason
    assert olga.post(f"{base}/edit", data=form_of(reason="Judges asked")).status_code == 303
    assert "The rubric changed" in page_of(sign_in(room.cast.judith).get(f"{base}/list"))
    method = page_of(sign_in(room.cast.paul).get(f"{base}/method"))
    assert "Judges asked" in method
    assert "Effect: weight 3 instead of 1" in method


def test_the_phone_is_shown_beside_the_form_and_nothing_is_saved(room, base, sign_in):
    olga = sign_in(room.cast.olga)
    assert 'id="preview"' in page_of(olga.get("/events/q4/judging/new"))
    page = page_of(olga.post("/events/q4/judging/preview", data=form_of()))
    assert "anchors-preview-impact" in page
    assert f'action="{"/events/q4/judging/new"}"' in page
    wrong = page_of(
        olga.post("/events/q4/judging/preview", data=form_of(**{"criteria-0-weight": "x"}))
    )
    assert "The weight of Effect" in wrong
    page = page_of(
        olga.post(f"/events/q4/judging/preview?round_id={room.round_id}", data=form_of())
    )
    assert f'action="{base}/edit"' in page
    assert olga.post("/events/q4/judging/preview?round_id=99").status_code == 404
    assert "Impact" in page_of(olga.get(f"{base}/method"))


def test_the_method_is_public_as_soon_as_it_is_published(app, stage, clock, sign_in, room, base):
    olga, paul = sign_in(room.cast.olga), sign_in(room.cast.paul)
    made = olga.post("/events/q4/judging/new", data=form_of(name="Second")).location
    assert paul.get(f"{made}/method").status_code == 404
    for _ in range(2):
        assert olga.post(f"{made}/publish-method").status_code == 303
    assert "judging has not opened yet" in page_of(paul.get(f"{made}/method"))
    with app.app_context():
        stream = f"judging:{made.rsplit('/', 1)[1]}"
        kinds = [fact.kind for fact in facts_of(reading(), stream)]
    assert kinds.count("method.published") == 1


def test_practice_counts_nothing(app, room, base, sign_in):
    judith = sign_in(room.cast.judith)
    assert "Lunch finder" in page_of(judith.get(f"{base}/practice"))
    page = page_of(judith.post(f"{base}/practice", data={"value-impact": "4"}))
    assert "would be 4.00 on a scale to 5" in page
    assert "not count yet: Works" in page
    page = page_of(judith.post(f"{base}/practice", data={"value-impact": "4", "value-works": "3"}))
    assert "would be 3.50" in page
    assert judith.post(f"{base}/practice", data={"value-impact": "9"}).status_code == 422
    assert judith.get("/events/q4/judging/99/practice").status_code == 404
    with app.app_context():
        assert reading().scalar(sa.select(sa.func.count(Mark.id))) == 0


def test_versions_are_kept_as_they_stood(app, room, base, sign_in):
    sign_in(room.cast.olga).post(f"{base}/edit", data=form_of(reason="Judges asked"))
    with app.app_context():
        rows = reading().scalars(sa.select(RubricVersion).order_by(RubricVersion.number)).all()
        assert [json.loads(row.rubric)[0][:3] for row in rows] == [
            ["impact", "Impact", "1"], ["impact", "Effect", "3"],
        ]  # fmt: skip
