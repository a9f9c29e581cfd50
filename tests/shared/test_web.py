"""The web door: where people are sent, what a spreadsheet gets, what a page may use."""

import pytest

from hackathon.shared.web import csv_text, safe_next


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\tevil.example",
        "\t//evil.example",
        "/%09/../\n//evil",
        "user@evil.example",
        "https://us@evil.example",
        "///evil.example",
        "",
    ],
)
def test_line_3_a_hostile_next_leads_home(target):
    assert safe_next(target) == "/"


def test_a_relative_next_is_kept():
    assert safe_next("/events/q4/teams?page=2#top") == "/events/q4/teams?page=2#top"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_line_34_a_formula_is_disarmed_and_numbers_stay_numbers(start):
    text = csv_text(["title", "sum"], [[start + "HYPERLINK(1)", -5]])
    assert text == f'"title","sum"\r\n"\'{start}HYPERLINK(1)",-5\r\n'


@pytest.mark.parametrize("path", ["/sign-in", "/events/q4/teams", "/events/q4/judging/new"])
@pytest.mark.parametrize(
    "body",
    ["[" * 100_000 + "]" * 100_000, '{"a": NaN}', '{"a": 1, "a": 2}', "{"],
    ids=["line_25_nested", "line_26_nan", "line_26_twice", "broken"],
)
def test_lines_25_and_26_hostile_json_is_refused_and_nothing_crashes(stage, sign_in, path, body):
    answer = sign_in(stage.paul).post(path, data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.get_data(as_text=True)
