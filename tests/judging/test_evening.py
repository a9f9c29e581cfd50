"""The evening: projector keys, the reveal on a projector, rehearsal, the audience's vote."""

import pytest
import sqlalchemy as sa
from make import client_of
from panel import do
from werkzeug.test import EnvironBuilder

from hackathon.judging.models import AudienceVote, StageToken
from hackathon.judging.queries.audience import voices
from hackathon.judging.queries.outcome import outcomes
from hackathon.judging.service import audience, stage
from hackathon.shared import live
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, NotAllowed, NotFound


@pytest.fixture(autouse=True)
def _no_board_of_another_test():
    live.boards.rooms.boards.clear()


def key(panel, player=None):
    return do(stage.make_key, player or panel.cast.olga, **panel.place)


def revoke(panel, key_id=1):
    do(stage.revoke_key, panel.cast.olga, **panel.place, key_id=key_id)


def opened(panel, player=None):
    do(audience.open_vote, player or panel.cast.olga, **panel.place)


def closed(panel):
    do(audience.close_vote, panel.cast.olga, **panel.place)


def vote(panel, player, team):
    do(audience.cast_vote, player, **panel.place, project_id=panel.projects[team])


def base(room):
    return f"/events/q4/judging/{room.round_id}"


def projector(app, token):
    """A socket without a person."""
    return live.socketio.test_client(
        app, flask_test_client=client_of(app, None), query_string=f"?stage={token}"
    )


def ask(client, name, payload):
    return client.emit(name, payload, callback=True)


# --- keys -------------------------------------------------------------------------------


def test_a_key_is_stored_as_its_hash_and_opens_the_projector_page_only(app, room):
    with app.app_context():
        token = key(room)
        assert token not in str(reading().scalars(sa.select(StageToken.token_hash)).all())
    client = client_of(app, None)
    page = client.get(f"{base(room)}/stage?stage={token}", follow_redirects=True)
    assert page.status_code == 200
    assert client_of(app, None).get(f"{base(room)}/stage?stage=wrong").status_code in {302, 401}
    for path in ("", "/standings", "/reveal", "/screens", "/late", "/why", "/list", "/chair"):
        assert client.get(f"{base(room)}{path}?stage={token}").status_code in {302, 401}, path
    for path in ("/api/v1/events/q4/judging", "/api/v1/events/q4/board", "/events/q4/vote"):
        assert client.get(f"{path}?stage={token}").status_code in {302, 401}, path
    assert client.post(f"{base(room)}/reveal?stage={token}").status_code in {302, 400, 401}


def test_a_key_leaves_the_address_at_once_and_stays_in_the_projectors_browser(app, room):
    with app.app_context():
        token = key(room)
    client = client_of(app, None)
    first = client.get(f"{base(room)}/stage?stage={token}")
    assert (first.status_code, first.location) == (303, f"{base(room)}/stage")
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert first.headers["Cache-Control"] == "no-store"
    kept = first.headers["Set-Cookie"]
    assert token in kept
    assert "HttpOnly" in kept
    page = client.get(f"{base(room)}/stage")
    assert page.status_code == 200
    assert token not in page.text
    screen = live.socketio.test_client(app, flask_test_client=client)
    assert ask(screen, "board.watch", {"event": "q4", "round": room.round_id})["ok"] is True
    with app.app_context():
        revoke(room)
    assert client.get(f"{base(room)}/stage").status_code == 302


def test_a_wrong_or_revoked_key_is_kept_nowhere(app, room, sign_in):
    client = client_of(app, None)
    refused = client.get(f"{base(room)}/stage?stage=revoked-key-1")
    assert refused.status_code == 302
    assert "revoked-key-1" not in str(refused.headers)
    opened = sign_in(room.cast.olga).get(f"{base(room)}/stage?stage=revoked-key-1")
    assert opened.status_code == 303
    assert "revoked-key-1" not in str(opened.headers)


def test_a_key_opens_its_own_round_only(app, room):
    with app.app_context():
        token = key(room)
    other = f"/events/q4/judging/{room.round_id + 1}/stage?stage={token}"
    assert client_of(app, None).get(other).status_code in {302, 401, 404}


def test_a_revoked_key_opens_nothing_and_its_projector_goes_dark(app, room, tick):
    with app.app_context():
        token = key(room)
    screen = projector(app, token)
    assert ask(screen, "board.watch", {"event": "q4", "round": room.round_id})["ok"] is True
    with app.app_context():
        revoke(room)
    answer = ask(screen, "board.watch", {"event": "q4", "round": room.round_id})
    assert (answer["ok"], answer["code"]) == (False, 401)
    tick()
    assert not screen.is_connected()
    assert not projector(app, token).is_connected()
    gone = client_of(app, None).get(f"{base(room)}/stage?stage={token}", follow_redirects=True)
    assert gone.request.path == "/sign-in"


def test_revoking_closes_the_sockets_of_that_key_only(app, room, tick):
    with app.app_context():
        one, two = key(room), key(room)
    screens = [projector(app, one), projector(app, two)]
    with app.app_context():
        revoke(room, 1)
    tick()
    assert [screen.is_connected() for screen in screens] == [False, True]


def test_the_handshake_takes_a_key_and_refuses_a_wrong_one(app, room):
    with app.app_context():
        token = key(room)
    for given, status in ((token, None), ("wrong", "401 Unauthorized"), ("", "401 Unauthorized")):
        for more in ({"query_string": {"stage": given}}, {"headers": {"Cookie": f"stage={given}"}}):
            environ = EnvironBuilder("/socket.io/", **more).get_environ()
            refused = app.wsgi_app._handshake(environ, "localhost")
            assert (refused[0] if refused else None) == status, more


def test_a_projector_may_watch_its_board_and_say_nothing_else(app, room):
    with app.app_context():
        token = key(room)
    screen = projector(app, token)
    board = ask(screen, "board.watch", {"event": "q4", "round": room.round_id})
    assert board["rows"] == [{"id": "round", "state": "open", "done": 0, "of": 6}]
    for name in live.MESSAGES.keys() - {"board.watch"}:
        if name.split(".")[0] != "test":
            answer = ask(screen, name, {})
            assert (answer["ok"], answer["code"]) in {(False, 401), (False, 422)}, name
    hello = ask(screen, "judging.hello", {"round": room.round_id, "after": 0})
    assert hello["code"] == 401
    other = ask(screen, "board.watch", {"event": "q4", "round": 999})
    assert other["code"] == 404


def test_only_organizers_make_and_revoke_keys(panel):
    for player in (panel.cast.paul, panel.cast.judith, panel.cast.rita):
        with pytest.raises(NotAllowed):
            key(panel, player)
    with pytest.raises(NotFound, match="no such key"):
        revoke(panel, 99)


def test_the_key_is_shown_once(app, room, sign_in):
    client = sign_in(room.cast.olga)
    page = client.post(f"{base(room)}/screens").text
    assert "/stage?stage=" in page
    assert "/stage?stage=" not in client.get(f"{base(room)}/screens").text
    assert client.post(f"{base(room)}/screens/1/revoke").status_code == 303


# --- the reveal on a projector ------------------------------------------------------------


def test_a_projector_that_was_away_comes_back_to_its_step_and_to_no_row_ahead(app, room, tick):
    with app.app_context():
        room.to_reveal()
        token = key(room)
    asked = {"event": "q4", "round": room.round_id, "public": True}
    for step, teams in ((1, ["Foxes"]), (2, ["Bees"]), (1, ["Foxes"]), (3, ["Owls"])):
        with app.app_context():
            room.show(step)
        whole = ask(projector(app, token), "board.watch", asked)["rows"][0]
        assert [row["team"] for row in whole["reveal"]["rows"]] == teams
        assert (whole["reveal"]["step"], whole["reveal"]["of"]) == (step, 3)
        link = f"{base(room)}/stage?stage={token}"
        page = client_of(app, None).get(link, follow_redirects=True).text
        assert [team for team in ("Owls", "Bees", "Foxes") if team in page] == teams
    with app.app_context():
        room.show(0)
    assert "reveal" not in ask(projector(app, token), "board.watch", asked)["rows"][0]


def test_an_organizers_projector_hears_nothing_ahead_either(app, room, connect, sign_in, tick):
    with app.app_context():
        room.to_reveal()
    screen = connect(room.cast.olga)
    ask(screen, "board.watch", {"event": "q4", "round": room.round_id, "public": True})
    with app.app_context():
        room.show(1)
    tick()
    heard = str(screen.get_received())
    assert "Foxes" in heard
    assert "Owls" not in heard
    page = sign_in(room.cast.olga).get(f"{base(room)}/stage").text
    assert "Foxes" in page
    assert "Owls" not in page


def test_the_rehearsal_shows_invented_names_and_stores_nothing(app, room, sign_in):
    with app.app_context():
        room.to_reveal()
    client = sign_in(room.cast.olga)
    seen = [client.get(f"{base(room)}/rehearsal?step={step}").text for step in range(5)]
    assert not any(name in page for page in seen for name in ("Owls", "Bees", "Foxes"))
    assert "Paper Lanterns" in seen[1]
    assert seen[3] == seen[4]  # beyond the last is the last
    with app.app_context():
        assert not room.round.reveal_step


# --- the audience's vote ------------------------------------------------------------------


def test_one_vote_a_person_that_may_move_until_the_vote_closes(panel):
    opened(panel)
    for team in ("bees", "foxes", "foxes"):
        vote(panel, panel.cast.paul, team)
    vote(panel, panel.cast.judith, "foxes")
    assert voices(reading(), panel.round_id) == 2
    closed(panel)
    with pytest.raises(Conflict, match="not open"):
        vote(panel, panel.cast.paul, "bees")
    with pytest.raises(Conflict, match="not open"):
        vote(panel, panel.cast.olga, "bees")


def test_the_own_team_gets_no_vote_and_unknown_projects_neither(panel):
    opened(panel)
    with pytest.raises(NotAllowed, match="own team"):
        vote(panel, panel.cast.paul, "owls")
    with pytest.raises(NotFound):
        do(audience.cast_vote, panel.cast.paul, **panel.place, project_id=999)
    with pytest.raises(NotFound):
        do(
            audience.cast_vote, panel.cast.paul, event_id=panel.cast.event_id, round_id=999,
            project_id=1,
        )  # fmt: skip
    assert voices(reading(), panel.round_id) == 0


def test_the_database_holds_one_vote_a_person(panel):
    opened(panel)
    vote(panel, panel.cast.paul, "bees")
    with pytest.raises(sa.exc.IntegrityError):
        reading().execute(
            sa.insert(AudienceVote).values(
                round_id=panel.round_id, person_id=panel.cast.paul.id,
                project_id=panel.projects["foxes"], cast_at=panel.round.created_at,
            )
        )  # fmt: skip
    reading().rollback()


def test_the_vote_opens_while_open_or_frozen_and_ends_when_final(panel):
    for player in (panel.cast.paul, panel.cast.rita):
        with pytest.raises(NotAllowed):
            opened(panel, player)
    panel.everything()
    panel.move("freeze")
    opened(panel)
    opened(panel)  # the second click
    vote(panel, panel.cast.paul, "bees")
    panel.move("finalize")
    assert panel.round.vote_closed_at is not None
    with pytest.raises(Conflict, match="not open"):
        vote(panel, panel.cast.pia, "owls")
    with pytest.raises(Conflict, match="open or frozen"):
        opened(panel)


def test_the_result_is_hidden_until_the_reveal_and_beside_the_places(app, room, sign_in):
    with app.app_context():
        room.everything()
        opened(room)
        for name, team in (("paul", "foxes"), ("judith", "foxes"), ("olga", "owls")):
            vote(room, getattr(room.cast, name), team)
        for verb in ("freeze", "finalize"):
            room.move(verb)
            assert outcomes(reading(), [room.round], {}) == []
        room.publish()
        ((one,),) = [found.stages for found in outcomes(reading(), [room.round], {})]
        assert one.tally == {room.projects["foxes"]: 2, room.projects["owls"]: 1}
    page = sign_in(room.cast.paul).get("/events/q4/results").text
    assert "with 2 of 3 votes" in page


def test_the_code_on_the_projector_leads_to_the_vote(app, room, sign_in):
    olga, paul = sign_in(room.cast.olga), sign_in(room.cast.paul)
    assert "The vote is not open" in paul.get("/events/q4/vote").text
    refused = paul.post("/events/q4/vote", data={"round": room.round_id, "project": 1})
    assert refused.status_code == 409
    assert '<aside id="vote" hidden>' in olga.get(f"{base(room)}/stage").text
    assert olga.post(f"{base(room)}/vote/open").status_code == 303
    stage_page = olga.get(f"{base(room)}/stage").text
    assert '<aside id="vote">' in stage_page
    assert "data:image/svg+xml" in stage_page
    page = paul.get("/events/q4/vote").text
    assert "Bees at work" in page
    assert "Owls at work" not in page  # the own team's
    sent = {"round": room.round_id, "project": room.projects["bees"]}
    assert paul.post("/events/q4/vote", data=sent).status_code == 303
    assert "Move my vote" in paul.get("/events/q4/vote").text
    assert paul.post("/events/q4/vote", data={}).status_code == 422
    assert olga.post(f"{base(room)}/vote/close").status_code == 303
