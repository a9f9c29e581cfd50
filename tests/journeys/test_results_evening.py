"""The results in real browsers: the chair's pages, the vote, a projector without a person."""

from contextlib import contextmanager
from pathlib import Path

from conftest import make_app
from panel import SUNDAY, do
from playwright.sync_api import expect

from hackathon.judging.service import audience, stage
from hackathon.shared import clock as clock_module
from hackathon.shared.db import db


@contextmanager
def acting(server):
    """The services on the running server's database."""
    app = make_app(f"sqlite:///{server.folder / 'hackathon.db'}", server.folder)
    with clock_module.at(SUNDAY), app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def fits(page):
    """Nothing is wider than the screen."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, page.url


MARKS = {"owls": (5, 3), "bees": (3, 4), "foxes": (2, 3)}


def test_the_pages_of_the_results(evening, pages, axe):
    server, room, enter = evening
    with acting(server):
        for team, values in MARKS.items():
            for name, value in zip(("judith", "jonas"), values, strict=True):
                room.sheet(name, team, value, value)
        room.move("freeze")
        do(audience.open_vote, room.cast.olga, **room.place)
    place = f"{server.url}/events/q4/judging/{room.round_id}"
    for width, scheme in ((1280, "light"), (390, "dark")):
        olga, paul = (
            enter(pages(width, scheme, reduced_motion="reduce"), name) for name in ("olga", "paul")
        )
        for name in ("", "/standings", "/why", "/chair", "/screens", "/reopen"):
            olga.goto(place + name)
            axe(olga)
            fits(olga)
        paul.goto(f"{server.url}/events/q4/vote")
        axe(paul)
        fits(paul)
        for name in ("/stage", "/rehearsal?step=2"):
            olga.goto(place + name)
            axe(olga)
        assert olga.problems + paul.problems == []
    paul.get_by_text("Bees at work").click()
    paul.get_by_role("button", name="Vote", exact=True).click()
    expect(paul.get_by_text("Your vote is in").first).to_be_visible()


def test_a_projector_with_a_key_resumes_on_its_step(evening, pages, axe):
    server, room, _ = evening
    with acting(server):
        room.to_reveal()
        token = do(stage.make_key, room.cast.olga, **room.place)
    screen = pages(1280, "dark")
    link = f"{server.url}/events/q4/judging/{room.round_id}/stage?stage={token}"
    screen.goto(link)
    expect(screen.get_by_text("The results are ready")).to_be_visible()
    assert token not in screen.url
    with acting(server):
        room.show(1)
    expect(screen.locator("#places")).to_contain_text("Foxes at work")
    server.kill()
    with acting(server):
        room.show(2)
    server.more["HACKATHON_LOG_LEVEL"] = "DEBUG"
    server.start()
    expect(screen.locator("#places")).to_contain_text("Bees at work", timeout=40_000)
    expect(screen.locator("#places")).not_to_contain_text("Foxes at work")
    assert "Owls" not in screen.content()
    axe(screen)
    with acting(server):
        room.show(0)
    expect(screen.get_by_text("The results are ready")).to_be_visible()
    with acting(server):
        do(stage.revoke_key, room.cast.olga, **room.place, key_id=1)
        room.show(1)
    screen.reload()
    expect(screen.get_by_text("Foxes at work")).to_have_count(0)
    for asked in (link, f"{server.url}/socket.io/?EIO=4&transport=websocket&stage={token}"):
        screen.request.get(asked, headers={"Referer": link})
    log = Path(server.log.name).read_text()
    assert "/judging/<int:round_id>/stage" in log
    assert token not in log
