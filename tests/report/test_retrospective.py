"""The page that looks back, and where its open actions come up again."""

from datetime import timedelta
from html import unescape

from make import make_event
from sqlalchemy import select

from hackathon.events.models import Event, Lesson
from hackathon.shared.db import reading, transaction
from hackathon.shared.jobs import follow_facts

AT = "/events/q4/retrospective"


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def test_it_is_written_by_form_told_to_the_owner_and_asked_for_by_the_next_event(
    app, stage, sign_in
):
    olga, paul = sign_in(stage.olga), sign_in(stage.paul)
    assert "What went well, what should change" in text_of(paul.get(AT))
    said = {"kind": "well", "text": "الفريق كان رائعًا"}
    assert paul.post(AT, data=said).location.endswith("/retrospective#well")
    todo = {"kind": "action", "text": "Rent a second projector", "owner": str(stage.lena.id)}
    assert paul.post(AT, data=todo).status_code == 403
    assert olga.post(AT, data=todo).status_code == 303
    page = text_of(paul.get(AT))
    assert '<bdi class="prose">الفريق كان رائعًا</bdi>' in page
    assert "1 action is open; the next event begins with it." in page
    with app.app_context():
        follow_facts(app)
        with transaction() as session:
            now = session.get_one(Event, stage.event_id)
            make_event(
                session, slug="q1", published_at=None, starts_at=now.starts_at + timedelta(90),
                ends_at=now.ends_at + timedelta(90),
            )  # fmt: skip
        number = reading().scalar(select(Lesson.id).filter_by(kind="action"))
    lena = sign_in(stage.lena)
    assert "you see to “Rent a second projector”" in text_of(lena.get("/notices"))
    for path in ("/events/q1", "/events/q1/settings", "/events/new?copy=q4"):
        page = text_of(lena.get(path))
        assert "From earlier events, still open" in page, path
        assert "Rent a second projector" in page
    done = lena.post(
        f"/events/q1/retrospective/{number}/end",
        data={"end": "done", "next": "/events/q1/settings"},
    )
    assert done.location == "/events/q1/settings"
    assert "Rent a second projector" not in text_of(lena.get("/events/q1/settings"))
    assert "Every action is done." in text_of(olga.get(AT))


def test_what_is_refused_stays_on_the_page(stage, sign_in):
    olga = sign_in(stage.olga)
    answer = olga.post(AT, data={"kind": "action", "text": "Rent a projector", "owner": "x"})
    assert (answer.status_code, 'value="Rent a projector"' in text_of(answer)) == (422, True)
    assert "Choose who sees to it." in text_of(answer)
    assert olga.post(AT, data={"kind": "blame", "text": "Somebody"}).status_code == 422
    assert olga.post(f"{AT}/99/end", data={"end": "done"}).status_code == 404
