"""The projector's way in: a code that an organizer confirms, or a key in an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, flash, jsonify, make_response, render_template, request, url_for
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from hackathon.events.access import here
from hackathon.judging.access import stage_round
from hackathon.judging.forms import CodeForm
from hackathon.judging.queries import audience, rounds, stage
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import CODE_LASTS, MARKING, State, code_text
from hackathon.judging.service import pairing
from hackathon.judging.service import stage as stage_service
from hackathon.people.access import ORGANIZER, PUBLIC, current_actor, requires
from hackathon.shared import sessions
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import TooMany
from hackathon.shared.web import act, public_address, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

CODES = RateLimitItemPerMinute(10, 10)
"""Codes that one address asks for in ten minutes."""
WRONG_CODES = RateLimitItemPerMinute(10, 10)
"""Wrong codes that one organizer types in ten minutes."""
ASK_EVERY = 2
"""Seconds after which a waiting screen asks again."""


def _limits() -> MovingWindowRateLimiter:
    limiter: MovingWindowRateLimiter = current_app.extensions.setdefault(
        "screen_limits", MovingWindowRateLimiter(MemoryStorage())
    )
    return limiter


# --- the screen: nobody is signed in ----------------------------------------------------


@blueprint.get("/screen")
@requires(PUBLIC)
def screen() -> ResponseReturnValue:
    """A screen on its way to the projector: its code, and the projector once it is confirmed."""
    found = stage_round()
    if found is not None:
        slug = stage.event_of_round(reading(), found)
        return see(".stage", slug=slug, round_id=found)
    waiting = stage.waiting_screen(reading(), sessions.digest(sessions.stage_token()))
    page = render_template(
        "judging/screen.html",
        code=code_text(waiting.code) if waiting else "",
        until=waiting.asked_at + CODE_LASTS if waiting else None,
        now=now(),
        every=ASK_EVERY,
    )
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.post("/screen")
@requires(PUBLIC)
def ask_code() -> ResponseReturnValue:
    """Show a code here; one that is shown already goes on."""
    held = sessions.digest(sessions.stage_token())
    if stage_round() is not None or stage.waiting_screen(reading(), held) is not None:
        return see(".screen")
    if not _limits().hit(CODES, "screens", request.remote_addr or ""):
        raise TooMany("too_many", "Too many codes from here. Wait ten minutes.", retry_after=600)
    asked = act(pairing.ask_code)
    answer = make_response(see(".screen"))
    sessions.keep_stage_token(answer, asked.key)
    return answer


@blueprint.get("/screen/state")
@requires(PUBLIC)
def screen_state() -> ResponseReturnValue:
    """Whether the code of this browser still waits, was confirmed (`ready`) or is `over`."""
    if stage_round() is not None:
        state = "ready"
    else:
        held = sessions.digest(sessions.stage_token())
        state = "waiting" if stage.waiting_screen(reading(), held) else "over"
    answer = jsonify({"state": state})
    answer.headers["Cache-Control"] = "no-store"
    return answer


# --- the organizer ----------------------------------------------------------------------


@blueprint.post("/events/<slug>/judging/<int:round_id>/screens/confirm")
@requires(ORGANIZER)
def confirm_screen(slug: str, round_id: int) -> ResponseReturnValue:
    """The screen that shows this code becomes the projector of the round."""
    form, event_id = CodeForm(request.form), here(slug).event.id
    who = str(current_actor().person_id)
    if not _limits().test(WRONG_CODES, "codes", who):
        raise TooMany("too_many", "Too many wrong codes. Wait ten minutes.", retry_after=600)

    def work(session: Session) -> bool:
        pairing.confirm_screen(
            session, current_actor(session), event_id=event_id, round_id=round_id,
            code=str(form.code.data),
        )  # fmt: skip
        return True

    if submit(form, work) is None:
        _limits().hit(WRONG_CODES, "codes", who)
        return _screens_page(slug, round_id, form), form.status
    flash("Confirmed. That screen shows the projector now.")
    return see(".screens", slug=slug, round_id=round_id)


@blueprint.get("/events/<slug>/judging/<int:round_id>/screens")
@requires(ORGANIZER)
def screens(slug: str, round_id: int) -> ResponseReturnValue:
    """The keys of the projector, and the audience's vote."""
    return _screens_page(slug, round_id, CodeForm())


def _screens_page(slug: str, round_id: int, form: CodeForm, token: str = "") -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    link = url_for(".stage", slug=slug, round_id=found.id, stage=token, _external=True)
    return render_template(
        "judging/screens.html",
        here=place,
        found=found,
        state=State(found.state),
        keys=stage.keys_of(session, found.id),
        link=link if token else "",
        form=form,
        address=public_address() + url_for(".screen"),
        is_voting=audience.is_voting(found),
        may_vote=State(found.state) in MARKING | {State.FROZEN},
        voices=audience.voices(session, found.id),
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/screens")
@requires(ORGANIZER)
def make_key(slug: str, round_id: int) -> ResponseReturnValue:
    """A new key; its address is shown this once."""
    event_id = here(slug).event.id
    token = act(
        lambda session: stage_service.make_key(
            session, current_actor(session), event_id=event_id, round_id=round_id
        )
    )
    return _screens_page(slug, round_id, CodeForm(), token)


@blueprint.post("/events/<slug>/judging/<int:round_id>/screens/<int:key_id>/revoke")
@requires(ORGANIZER)
def revoke_key(slug: str, round_id: int, key_id: int) -> ResponseReturnValue:
    """The key opens nothing any more."""
    event_id = here(slug).event.id
    act(
        lambda session: stage_service.revoke_key(
            session, current_actor(session), event_id=event_id, round_id=round_id, key_id=key_id
        )
    )
    flash("Revoked; projectors that used it are dark.")
    return see(".screens", slug=slug, round_id=round_id)
