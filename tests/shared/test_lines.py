"""Lines: none beyond what the server has threads for, and none while it ends."""

import threading

from hackathon.shared import lines

HANDSHAKE = "/socket.io/?EIO=4&transport=websocket"


def test_when_no_line_is_free_the_handshake_says_so(stage, sign_in, monkeypatch):
    paul = sign_in(stage.paul)
    assert paul.get(HANDSHAKE).status_code != 503
    monkeypatch.setattr(lines, "MOST", 0)
    answer = paul.get(HANDSHAKE)
    assert (answer.status_code, answer.json["error"]) == (503, "full")
    assert sign_in(None).get(HANDSHAKE).status_code == 401


def test_while_the_process_ends_no_line_is_opened_and_the_open_ones_end(app, stage, sign_in):
    own = app.extensions["lines"]

    class Open:
        closed = False

        def close(self, *, wait, abort):
            assert (wait, abort) == (False, True)
            self.closed = True

    found = [Open(), Open()]
    own._server.sockets = {str(number): line for number, line in enumerate(found)}
    assert own.open == 2
    leaving = threading.Thread(target=own.leave)
    leaving.start()
    leaving.join(5)
    assert [line.closed for line in found] == [True, True]
    assert sign_in(stage.paul).get(HANDSHAKE).status_code == 503
