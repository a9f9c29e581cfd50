"""Logs: one line a thing, with its reference; never a key, a link that signs in or lets in."""

import io
import json
import logging
import sys

import pytest
from flask import g

from hackathon.shared.logs import Lines, Redacting, without_secrets

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


def line(record):
    text = Lines().format(record)
    assert "\n" not in text
    return json.loads(text)


def said(text, *arguments, **more):
    return logging.LogRecord("hackathon.x", logging.WARNING, "x.py", 1, text, arguments, **more)


def test_a_line_says_when_who_and_what():
    found = line(said("done %s", 'Zoë "the judge"\nforged line', exc_info=None))
    assert found["message"] == 'done Zoë "the judge"\nforged line'
    assert (found["level"], found["logger"]) == ("warning", "hackathon.x")
    assert found["at"].endswith("+00:00")
    assert "reference" not in found


def test_within_a_request_it_carries_the_reference(app):
    with app.test_request_context("/"):
        assert "reference" not in line(said("early", exc_info=None))
        g.reference = "abc123"
        assert line(said("x", exc_info=None))["reference"] == "abc123"


def test_a_json_line_holds_no_key_either():
    try:
        int(f"/stage?stage={KEY}")
    except ValueError:
        found = said("at %s", f"/join/{KEY}", exc_info=sys.exc_info())
    assert KEY not in Lines().format(found)
    assert line(found)["message"] == "at /join/..."


def test_fields_and_a_trace_are_added():
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        record = said("crash", exc_info=sys.exc_info())
    record.fields = {"status": 500, "person": None}
    found = line(record)
    assert (found["status"], found["person"]) == (500, None)
    assert found["trace"].endswith("ZeroDivisionError: division by zero")


def test_a_request_is_logged_by_its_rule_never_by_its_path(app, caplog):
    with caplog.at_level(logging.INFO, "hackathon.web"):
        app.test_client().get("/sign-in/secret-token?x=secret")
    (record,) = [entry for entry in caplog.records if hasattr(entry, "fields")]
    assert record.fields["rule"] == "/sign-in/<token>"
    assert record.fields["reference"] in record.getMessage()
    assert record.fields["ms"] >= 0
    assert "secret" not in record.getMessage()


def test_a_key_is_cut_from_a_json_line_which_stays_one():
    record = said('crash at "/stage?stage=%s"', KEY, exc_info=None)
    assert line(record)["message"] == 'crash at "/stage?stage=..."'
