"""The three calls of programs: what they take, what they answer, whom they refuse."""

import pytest
from make import cents, client_of, make_team

from hackathon.credits.queries.lines import team_line
from hackathon.credits.service import budgets, grants, plan
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.teams.models import Membership, Team

CALLS = "/api/v1/credits/holds"
ASKED = {"key": "run-1", "amount": "7.000125", "source": "AWS", "purpose": "Train"}


@pytest.fixture
def owls(app, stage):
    """Paul's team, he its captain, with $100; Bees beside it."""
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        owls, bees = (make_team(session, stage.event_id, name).id for name in ("Owls", "Bees"))
        session.add(Membership(**more, team_id=owls, person_id=stage.paul.id))
        session.add(Membership(**more, team_id=owls, person_id=stage.pia.id))
        session.get_one(Team, owls).captain_id = stage.paul.id
        budgets.fund(session, COMMAND_LINE, **more, amount=cents(1000))
        grants.grant(session, COMMAND_LINE, **more, team_id=owls, amount=cents(100), reason="Start")
        return owls, bees


def token_of(client, team_id, name="Trainer"):
    """Make a token by the form; its text as the page shows it."""
    page = client.post(f"/events/q4/credits/teams/{team_id}/tokens", data={"name": name}).get_data(
        as_text=True
    )
    return page.split('id="token">')[1].split("<")[0]


@pytest.fixture
def call(app, owls, stage, sign_in):
    """Call with the token of Owls: no cookie, no CSRF token."""
    text = token_of(sign_in(stage.paul), owls[0])
    program = client_of(app)

    def send(path="", body=None, token=text, **more):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return program.open(
            CALLS + path, method="POST", json=body, headers=headers, csrf=False, **more
        )

    return send


def test_a_program_holds_captures_and_voids_with_exact_amounts(app, stage, owls, call):
    answer = call(body=ASKED)
    made = answer.json
    assert answer.status_code == 201
    assert (made["state"], made["amount"], made["available"]) == ("open", "7.000125", "92.999875")
    assert (made["replay"], made["captured"]) == (False, None)
    again = call(body=ASKED)
    assert (again.status_code, again.json["hold"], again.json["replay"]) == (
        200,
        made["hold"],
        True,
    )
    ended = call(f"/{made['hold']}/capture", {"amount": "5.5"})
    assert (ended.status_code, ended.json["state"], ended.json["captured"]) == (
        200, "captured", "5.5",
    )  # fmt: skip
    other = call(body=ASKED | {"key": "run-2"}).json["hold"]
    assert call(f"/{other}/void").json["state"] == "voided"
    with app.app_context():
        found = team_line(reading(), stage.event_id, owls[0])
        assert (found.held, found.used) == (0, cents(5.5))


@pytest.mark.parametrize(
    "case",
    [
        ("", ASKED | {"amount": 7}, 422, "body"),
        ("", ASKED | {"amount": "7.0000001"}, 422, "amount"),
        ("", ASKED | {"amount": "1e3"}, 422, "amount"),
        ("", ASKED | {"amount": "-1"}, 422, "not_positive"),
        ("", ASKED | {"amount": "100.01"}, 409, "over_available"),
        ("", ASKED | {"expires_in": "60"}, 422, "body"),
        ("", ASKED | {"expires_in": 0}, 422, "expires_in"),
        ("", ASKED | {"team": 2}, 422, "body"),
        ("", {"amount": "1"}, 422, "body"),
        ("", [], 400, "body"),
        ("/99/capture", {"amount": "1"}, 404, "no_such_hold"),
        ("/99/void", {}, 404, "no_such_hold"),
        ("/99/capture", {}, 422, "body"),
    ],
)
def test_what_a_program_gets_wrong_is_named_and_holds_nothing(app, stage, owls, call, case):
    path, body, status, word = case
    answer = call(path, body)
    assert (answer.status_code, answer.json["error"]) == (status, word)
    with app.app_context():
        assert team_line(reading(), stage.event_id, owls[0]).held == 0


@pytest.fixture
def euros(app, stage, owls):
    """A second budget, and 50.00 EUR for Owls."""
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id, "currency": "EUR"}
        plan.plan_budget(
            session, COMMAND_LINE, quarter="2026-Q4", amount=cents(2000), currency="EUR"
        )
        budgets.fund(session, COMMAND_LINE, **more, amount=cents(300))
        grants.grant(
            session, COMMAND_LINE, **more, team_id=owls[0], amount=cents(50), reason="Start"
        )


def test_edge_48_a_hold_names_which_of_two_currencies_it_is_of(app, stage, owls, euros, call):
    made = call(body={**ASKED, "currency": "EUR"}).json
    assert (made["currency"], made["available"]) == ("EUR", "42.999875")
    again = call(body={**ASKED, "currency": "EUR"})
    assert (again.status_code, again.json["hold"]) == (200, made["hold"])
    assert call(body=ASKED).json["error"] == "key_reused"
    other = call(body={**ASKED, "key": "run-2"}).json
    assert (other["currency"], other["available"]) == ("USD", "92.999875")
    over = call(body={**ASKED, "key": "run-3", "amount": "43", "currency": "EUR"}).json
    assert "Only 42.999875 EUR is available" in over["message"]
    used = call(f"/{made['hold']}/capture", {"amount": "2.5"}).json
    assert (used["currency"], used["captured"], used["available"]) == ("EUR", "2.5", "47.5")
    void = call(f"/{other['hold']}/void").json
    assert (void["currency"], void["available"]) == ("USD", "100")


@pytest.mark.parametrize("unit", ["CHF", "eur", "", "Euro"])
def test_a_hold_in_a_currency_without_credits_is_refused(owls, euros, call, unit):
    answer = call(body={**ASKED, "currency": unit})
    assert (answer.status_code, answer.json["error"]) == (422, "currency")


def test_a_call_without_json_is_refused(call):
    assert call(data=b"x", content_type="text/plain").status_code == 415
    assert call(data=b"{", content_type="application/json").status_code == 400


def test_the_key_for_another_request_is_409_key_reused(call):
    call(body=ASKED)
    answer = call(body=ASKED | {"amount": "8"})
    assert (answer.status_code, answer.json["error"]) == (409, "key_reused")


def test_no_token_a_wrong_one_and_a_revoked_one_are_401(app, stage, owls, sign_in, call):
    for token in ("", "x", "hkt_wrong"):
        answer = call(body=ASKED, token=token)
        assert (answer.status_code, answer.json["error"]) == (401, "token")
    client = sign_in(stage.paul)
    revoked = client.post(f"/events/q4/credits/teams/{owls[0]}/tokens/1/revoke")
    assert revoked.status_code == 303
    assert call(body=ASKED).status_code == 401
    page = client.get(f"/events/q4/credits/teams/{owls[0]}").get_data(as_text=True)
    assert "revoked" in page


def test_a_cookie_alone_opens_no_call(stage, owls, sign_in):
    assert sign_in(stage.olga).post(CALLS, json=ASKED).status_code == 401


def test_only_captain_and_organizers_make_tokens_and_they_are_shown_once(app, stage, owls, sign_in):
    paul, pia, olga = (sign_in(player) for player in (stage.paul, stage.pia, stage.olga))
    path = f"/events/q4/credits/teams/{owls[0]}"
    refused = pia.post(f"{path}/tokens", data={"name": "x"})
    assert (refused.status_code, "captain" in refused.get_data(as_text=True)) == (403, True)
    assert pia.post(f"{path}/tokens/1/revoke").status_code == 404
    assert paul.post(f"{path}/tokens", data={}).status_code == 422
    shown = paul.post(f"{path}/tokens", data={"name": "Trainer"})
    assert shown.headers["Cache-Control"] == "no-store"
    text = shown.get_data(as_text=True).split('id="token">')[1].split("<")[0]
    page = paul.get(path).get_data(as_text=True)
    assert text not in page
    assert f"…{text[-4:]}" in page
    assert "Tokens for programs" not in pia.get(path).get_data(as_text=True)
    assert pia.post(f"{path}/tokens/1/revoke").status_code == 403
    for number in range(9):
        token_of(olga, owls[0], f"Number {number}")
    full = olga.post(f"{path}/tokens", data={"name": "One more"})
    assert (full.status_code, "at most 10" in full.get_data(as_text=True)) == (409, True)
