"""Logs: a line is one JSON object, with the reference of the request it was said in."""

import json
import logging
import sys

from flask import g

from hackathon.shared.logs import Lines


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


def test_fields_and_a_trace_are_added():
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        record = said("crash", exc_info=sys.exc_info())
    record.fields = {"status": 500, "person": None}
    found = line(record)
    assert (found["status"], found["person"]) == (500, None)
    assert found["trace"].endswith("ZeroDivisionError")


def test_a_request_is_logged_by_its_rule_never_by_its_path(app, caplog):
    with caplog.at_level(logging.INFO, "hackathon.web"):
        app.test_client().get("/sign-in/secret-token?x=secret")
    (record,) = [entry for entry in caplog.records if hasattr(entry, "fields")]
    assert record.fields["rule"] == "/sign-in/<token>"
    assert record.fields["reference"] in record.getMessage()
    assert record.fields["ms"] >= 0
    assert "secret" not in record.getMessage()
