"""What a log never holds: a projector's key, a link that signs in or lets in."""

import io
import logging

import pytest

from hackathon.shared.logs import Redacting, without_secrets

KEY = "mN3_x-7QkP0aZ"


@pytest.mark.parametrize(
    "line",
    [
        '"GET /events/q4/judging/1/stage?stage={} HTTP/1.1" 303 -',
        '"GET /socket.io/?EIO=4&transport=websocket&stage={} HTTP/1.1" 101 -',
        "http://127.0.0.1/events/q4/judging/1/stage?a=1&stage={}#x",
        "QUERY_STRING: 'stage={}'",
        "Exception on /sign-in/{} [GET]",
        "http://127.0.0.1/join/{}?x=1",
        "/invitations/{}",
    ],
)
def test_a_key_in_an_address_is_cut(line):
    told = without_secrets(line.format(KEY))
    assert told == line.format("...")


@pytest.mark.parametrize("line", ["stage=", "the stage is dark", "GET /sign-in", "/join", "x=1"])
def test_what_is_no_key_stays(line):
    assert without_secrets(line) == line


def test_a_traceback_and_its_arguments_are_cut_too():
    out = io.StringIO()
    logger = logging.getLogger("a library of nobody")
    logger.addHandler(handler := logging.StreamHandler(out))
    handler.setFormatter(Redacting("%(name)s %(message)s"))
    try:
        int(f"/stage?stage={KEY}")
    except ValueError:
        logger.exception("crash at %s", f"/sign-in/{KEY}")
    logger.removeHandler(handler)
    assert "ValueError" in out.getvalue()
    assert KEY not in out.getvalue()
