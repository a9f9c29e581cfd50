"""Help for four readers: without a script, without signing in, linked from every page."""

import re
from html import unescape

import pytest

READERS = ["organizer", "judge", "participant", "operator"]


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_has_a_page_that_says_what_to_do_when_the_network_fails(
    app, stage, sign_in, reader
):
    page = text_of(sign_in().get(f"/help/{reader}"))
    assert 'id="network">When the network fails' in page
    assert re.search(r'<h2 id="first">', page)
    assert page.count("<script") == page.count("<script src=")


def test_an_unknown_reader_is_not_found(stage, sign_in):
    assert sign_in().get("/help/nobody").status_code == 404
    assert sign_in().get("/help/_page").status_code == 404


@pytest.mark.parametrize("path", ["/", "/sign-in", "/events/q4", "/help", "/nowhere"])
def test_every_page_leads_to_the_help(stage, sign_in, path):
    assert 'href="/help"' in text_of(sign_in().get(path))


def test_links_within_the_help_lead_somewhere(stage, sign_in):
    visitor = sign_in()
    index = text_of(visitor.get("/help"))
    paths = set(re.findall(r'href="(/help/\w+)"', index))
    assert len(paths) == 4
    assert {visitor.get(path).status_code for path in paths} == {200}
