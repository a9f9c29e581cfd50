"""Bills: upload with progress, look, apply; what was imported."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app, flash, jsonify, render_template, request

from hackathon.credits.forms import BillForm
from hackathon.credits.queries.bills import history_of, rejects_of, sources_of
from hackathon.credits.routes.blueprint import blueprint
from hackathon.credits.rules import CURRENCY, check_source
from hackathon.credits.service.bills import runs
from hackathon.credits.service.bills.book import Booked, apply_bill
from hackathon.credits.service.bills.files import Uploads, Waiting
from hackathon.credits.service.bills.focus import plain
from hackathon.credits.service.bills.look import Preview, preview_of
from hackathon.credits.service.bills.ready import wanted_of
from hackathon.credits.service.bills.stream import MOST_BYTES
from hackathon.credits.service.bills.whose import tags_of
from hackathon.events.access import here
from hackathon.people.access import ORGANIZER, actor_or_none, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound, Refusal
from hackathon.shared.money import MICROS, Micros, money
from hackathon.shared.web import act, see

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.service.bills.stage import Stage

AT_ONCE = 4_000_000
"""Bytes that are read while the browser waits; larger files show their progress."""
ENVELOPE = 1_000_000


@blueprint.url_value_preprocessor
def take_large_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let organizers send a whole bill; everybody else stays below the common limit."""
    actor = actor_or_none() if endpoint == "credits.upload_bill" else None
    if actor is not None and (actor.is_program_lead or actor.event_roles):
        request.max_content_length = MOST_BYTES + ENVELOPE


def uploads() -> Uploads:
    """The uploads of this instance."""
    return Uploads(Path(current_app.instance_path))


@blueprint.app_template_filter("exact_cost")
def exact_cost(amount: Decimal) -> str:
    """An exact cost as text."""
    return plain(amount)


@blueprint.app_template_filter("cents")
def cents(amount: str, currency: str = CURRENCY) -> str:
    """An exact cost to the cent, for lists: `$4,812.37`."""
    return money(Micros(int(Decimal(f"{Decimal(amount):.2f}") * MICROS)), currency)


@blueprint.get("/events/<slug>/credits/bills")
@requires(ORGANIZER)
def bills(slug: str) -> ResponseReturnValue:
    """Upload a bill; what was imported."""
    return _page(slug, BillForm())


def _page(slug: str, form: BillForm) -> str:
    place, session = here(slug), reading()
    known = sources_of(session, current_actor(), place.event.id)
    return render_template(
        "credits/bills.html",
        here=place,
        form=form,
        sources=known,
        lines=history_of(session, [source.id for source in known]),
        currency=CURRENCY,
    )


@blueprint.post("/events/<slug>/credits/bills")
@requires(ORGANIZER)
def upload_bill(slug: str) -> ResponseReturnValue:
    """Take a file; a small one is read at once, a large one in the background."""
    form, place = BillForm(request.form), here(slug)
    try:
        if not form.validate():
            return _page(slug, form), 422
        source = check_source(form.values()["source"])
        given = [(file.filename, file.stream) for file in request.files.getlist("file")]
        files = [(name, stream) for name, stream in given if name]
        if not files:
            raise Invalid("file", "Choose a file.", field="file")
        found = uploads().begin(files, event_id=place.event.id, source=source)
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(slug, form), form.status
    _start(found)
    return see(".waiting_bill", slug=slug, token=found.token)


def _start(found: Waiting) -> None:
    shelf, wanted = uploads(), wanted_of(reading(), found.source)
    if found.size <= AT_ONCE:
        shelf.read(found, wanted)
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy

    def work() -> None:
        try:
            shelf.read(found, wanted)
        except Exception:
            app.logger.exception("bill not read token=%s", found.token)

    threading.Thread(target=work, name="bill", daemon=True).start()


@blueprint.get("/events/<slug>/credits/bills/waiting/<token>")
@requires(ORGANIZER)
def waiting_bill(slug: str, token: str) -> ResponseReturnValue:
    """How far reading has come; then what the bill would mean."""
    return _waiting(slug, token)


def _waiting(slug: str, token: str, refusal: Refusal | None = None) -> ResponseReturnValue:
    place, shelf = here(slug), uploads()
    found = shelf.find(token, place.event.id)
    progress = shelf.progress(found)
    if not progress.is_ready:
        page = render_template(
            "credits/bill_waiting.html", here=place, found=found, progress=progress
        )
        return page, 422 if progress.problem else 200
    try:
        preview, stage = _look(found)
    except Refusal as problem:
        page = render_template(
            "credits/bill_waiting.html",
            here=place,
            found=found,
            progress=progress,
            problem=problem.message,
        )
        return page, problem.code
    stage.close()
    page = render_template(
        "credits/bill_preview.html",
        here=place,
        found=found,
        preview=preview,
        sentence=runs.sentence(preview),
        moves=moves_of(preview, place.event.id),
        captures=captures_of(preview, place.event.id),
        currency=CURRENCY,
        left=[(row, tags_of(row.tags)) for row in preview.shares.unallocated()[:20]],
        refusal=refusal.message if refusal is not None else "",
    )
    return page, refusal.code if refusal is not None else 200


def _look(found: Waiting) -> tuple[Preview, Stage]:
    scan, stage = uploads().open(found)
    try:
        return preview_of(reading(), source=found.source, scan=scan, stage=stage), stage
    except BaseException:
        stage.close()
        raise


def captures_of(preview: Preview, event_id: int) -> list[dict[str, Any]]:
    """Captures a bill takes the place of, a row a team and currency; other events' have no name."""
    actor, rows = current_actor(), []
    for team_id, found in sorted(preview.ended.items()):
        team = preview.ready.teams.get(team_id)
        is_own = found[0].event_id == event_id or actor.organizes(found[0].event_id)
        name = team.name if team is not None and is_own else "A team of another event"
        sums: dict[str, list[int]] = defaultdict(list)
        for row in found:
            sums[row.currency].append(row.amount)
        rows += [
            {"name": name, "count": len(each), "amount": sum(each), "currency": unit}
            for unit, each in sums.items()
        ]
    return rows


def moves_of(preview: Preview, event_id: int) -> list[dict[str, Any]]:
    """What changes for whom; teams of events one does not organize have no name."""
    actor, rows = current_actor(), []
    for move in preview.moves:
        if move.team is None:
            name = "Without a team" if move.holder == "unallocated" else "Kept off teams"
            name += "" if move.currency == CURRENCY else f", in {move.currency}"
        elif actor.organizes(move.team.event_id):
            tail = "" if move.team.event_id == event_id else f" ({move.team.event})"
            name = f"{move.team.name}{tail}"
        else:
            name = "A team of another event"
        rows.append({"name": name, "move": move})
    return rows


@blueprint.get("/events/<slug>/credits/bills/waiting/<token>/progress")
@requires(ORGANIZER)
def bill_progress(slug: str, token: str) -> ResponseReturnValue:
    """How far reading has come, for the page's bar."""
    shelf = uploads()
    progress = shelf.progress(shelf.find(token, here(slug).event.id))
    is_over = progress.is_ready or bool(progress.problem) or progress.is_silent
    return jsonify({"percent": progress.percent, "over": is_over})


@blueprint.post("/events/<slug>/credits/bills/waiting/<token>/again")
@requires(ORGANIZER)
def read_bill_again(slug: str, token: str) -> ResponseReturnValue:
    """Read an upload again whose reading stopped."""
    found = uploads().find(token, here(slug).event.id)
    if not uploads().progress(found).is_ready:
        _start(found)
    return see(".waiting_bill", slug=slug, token=token)


@blueprint.post("/events/<slug>/credits/bills/waiting/<token>/cancel")
@requires(ORGANIZER)
def cancel_bill(slug: str, token: str) -> ResponseReturnValue:
    """Take an upload back."""
    uploads().drop(uploads().find(token, here(slug).event.id))
    flash("Taken back; nothing was booked.")
    return see(".bills", slug=slug)


@blueprint.post("/events/<slug>/credits/bills/waiting/<token>/apply")
@requires(ORGANIZER)
def apply(slug: str, token: str) -> ResponseReturnValue:
    """Book the bill."""
    event_id, shelf = here(slug).event.id, uploads()
    found = shelf.find(token, event_id)
    confirmed = request.form.get("confirmed") == "yes"
    stage = None
    try:
        preview, stage = _look(found)
        shelf.keep(found, preview.scan)

        def work(session: Session) -> Booked:
            return apply_bill(
                session,
                current_actor(session),
                preview=preview,
                stage=stage,
                file_name=found.file_name,
                event_id=event_id,
                confirmed=confirmed,
            )

        booked = act(work)
    except NotFound:
        raise
    except Refusal as refusal:
        return _waiting(slug, token, refusal)
    finally:
        if stage is not None:
            stage.close()
    shelf.drop(found)
    flash(
        "No change: all of it was booked already."
        if not booked.postings
        else f"Booked; {booked.postings} posting{'' if booked.postings == 1 else 's'} made."
    )
    return (
        see(".bill", slug=slug, bill_id=booked.bill_id)
        if booked.bill_id
        else see(".bills", slug=slug)
    )


@blueprint.get("/events/<slug>/credits/bills/<int:bill_id>")
@requires(ORGANIZER)
def bill(slug: str, bill_id: int) -> ResponseReturnValue:
    """One imported bill: how it was shared, what was not taken."""
    place, session = here(slug), reading()
    known = sources_of(session, current_actor(), place.event.id)
    line = history_of(session, [source.id for source in known], bill_id=bill_id)
    if not line:
        raise NotFound("no_such_bill", "This event has no such bill.")
    return render_template(
        "credits/bill.html",
        here=place,
        line=line[0],
        rejects=rejects_of(session, bill_id),
        warnings=json.loads(line[0].bill.warnings),
        concerns=json.loads(line[0].bill.concerns),
        placed=runs.placed,
        currency=CURRENCY,
    )
