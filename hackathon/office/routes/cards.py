"""Who has not signed in yet, and their ways in: printed cards, or mails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import flash, render_template, request, url_for

from hackathon.events.access import here
from hackathon.events.models import Event
from hackathon.office import queries
from hackathon.office.routes.blueprint import blueprint
from hackathon.office.service import cards as service
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.people.rules import LINK_HOURS_PRINTED, RESEND_MINUTES
from hackathon.shared import mail
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict
from hackathon.shared.web import act, public_address, see

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.office.service.cards import Cards


@blueprint.get("/events/<slug>/cards")
@requires(ORGANIZER)
def cards(slug: str) -> ResponseReturnValue:
    """Who has never signed in (or everybody, or the judges), and when a way in was sent last."""
    place = here(slug)
    guests = queries.guests_of(reading(), place.event)
    missing = [guest for guest in guests if not guest.has_signed_in]
    lists = {
        "missing": ("Not signed in yet", missing),
        "judges": ("Judges", [guest for guest in guests if guest.is_judge]),
        "all": ("Everybody", guests),
    }
    asked = request.args.get("who", "")
    who = asked if asked in lists else "missing"
    return render_template(
        "office/cards.html",
        here=place,
        guests=guests,
        missing=missing,
        lists=lists,
        who=who,
        shown=lists[who][1],
    )


@blueprint.post("/events/<slug>/cards")
@requires(ORGANIZER)
def make_cards(slug: str) -> ResponseReturnValue:
    """Make the cards to print; with `do=mail`, send mails instead."""
    place, chosen = here(slug), set(request.form.getlist("person", type=int))
    by_mail, address = request.form.get("do") == "mail", public_address()
    if by_mail and not mail.is_set_up():
        raise Conflict("no_mail", "No mail server is set up here; print the cards instead.")

    def work(session: Session) -> Cards:
        actor, event = current_actor(session), session.get_one(Event, place.event.id)
        if by_mail:
            return service.mail_cards(
                session, actor, event=event, person_ids=chosen, address=address
            )
        return service.make_cards(session, actor, event=event, person_ids=chosen, mailed=False)

    made = act(work)
    if by_mail:
        said = f"{len(made.made)} mail{'' if len(made.made) == 1 else 's'} on the way."
        if made.too_soon:
            names = ", ".join(made.too_soon[:5]) + (" and others" if made.too_soon[5:] else "")
            said += f" Mailed less than {RESEND_MINUTES} minutes ago, so not again: {names}."
        if made.left_out:
            said += f" Left out: {', '.join(made.left_out)}."
        flash(said)
        return see(".cards", slug=slug)
    return render_template(
        "office/printed.html",
        here=place,
        cards=[
            (guest, address + url_for("people.link", token=token)) for guest, token in made.made
        ],
        left_out=made.left_out,
        until=now() + timedelta(hours=LINK_HOURS_PRINTED),
    )
