"""People, projects, judges and sheets from the clipboard or a file: look first, then apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.events.rules import ROLES
from hackathon.judging.queries.rounds import criteria_of, present_round, rounds_of
from hackathon.office.forms import ImportForm, corrected, packed, unpacked
from hackathon.office.routes.blueprint import blueprint
from hackathon.office.rules.previews import preview_of
from hackathon.office.rules.tables import Made, Outcome, named_columns, read_rows, table_of
from hackathon.office.service.imports.kinds import KINDS, Given, Undone, attempt
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound, Refusal
from hackathon.shared.show import sentence
from hackathon.shared.web import act, choices, csv_answer, flash_link, see

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from hackathon.events.access import Here
    from hackathon.judging.models import Round
    from hackathon.office.rules.previews import Preview
    from hackathon.office.rules.tables import Rows, Table
    from hackathon.office.service.imports.kinds import Kind

THEN = {
    "people": "events.people_list",
    "projects": "projects.index",
    "judges": "judging.index",
    "sheets": "judging.index",
}
"""Where what was imported can be seen."""

SEEN = {
    Made.PEOPLE: "events.people_list",
    Made.TEAMS: "teams.index",
    Made.PROJECTS: "projects.index",
    Made.CHALLENGES: "projects.index",
}
"""Where what came with it can be seen."""


@dataclass
class _Desk:
    """A page of the import: the event, the kind of table, the round it is for."""

    place: Here
    kind: Kind
    rounds: list[Round]
    form: ImportForm
    round: Round | None = None

    @property
    def given(self) -> Given:
        """Where the rows are to go."""
        return Given(self.place.event.slug, self.round.id if self.round else None)

    def options(self) -> list[str]:
        """What a column may be taken for."""
        own = list(self.kind.known)
        if self.kind.name == "sheets" and self.round is not None:
            own += [line.key for line in criteria_of(reading(), self.round.id)]
        return own

    def page(self, preview: Preview | None = None, rows: Rows | None = None) -> str:
        """The page, with what was looked over."""
        return render_template(
            "office/import.html",
            here=self.place,
            kind=self.kind,
            kinds=KINDS,
            form=self.form,
            rounds=self.rounds,
            round=self.round,
            preview=preview,
            rows=packed(rows) if rows else "",
            options=self.options() if preview else [],
            roles=ROLES,
        )


def _desk(slug: str) -> _Desk:
    kind = KINDS.get(request.values.get("kind", "people"))
    if kind is None:
        raise NotFound("no_such_kind", "Nothing of that kind can be imported.")
    place = here(slug)
    rounds = rounds_of(reading(), place.event.id) if kind.asks_round else []
    form = ImportForm(request.form)
    form.round_id.choices = choices((str(row.id), row.name) for row in rounds)
    desk = _Desk(place, kind, rounds, form)
    wanted = request.values.get("round_id", "")
    desk.round = next((row for row in rounds if str(row.id) == wanted), present_round(rounds))
    form.round_id.data = str(desk.round.id) if desk.round else ""
    return desk


@blueprint.get("/events/<slug>/import")
@requires(ORGANIZER)
def import_page(slug: str) -> ResponseReturnValue:
    """Where to paste or choose a file."""
    return _desk(slug).page()


@blueprint.get("/events/<slug>/import/<kind>.csv")
@requires(ORGANIZER)
def blank(slug: str, kind: str) -> ResponseReturnValue:
    """An empty table with the right columns."""
    if kind not in KINDS:
        raise NotFound("no_such_kind", "Nothing of that kind can be imported.")
    return csv_answer(f"{slug}-{kind}.csv", KINDS[kind].known, [])


@blueprint.post("/events/<slug>/import")
@requires(ORGANIZER)
def bring(slug: str) -> ResponseReturnValue:
    """Look a table over; with `do=apply`, write it. Wrong rows write nothing at all."""
    desk = _desk(slug)
    is_final = request.form.get("do") == "apply"
    try:
        rows = _rows()
        packed(rows)
        table = table_of(rows)
        outcome = _attempt(desk, table, dry_run=not is_final)
    except Refusal as refusal:
        desk.form.refuse(refusal)
        return desk.page(), refusal.code
    if is_final and not outcome.errors:
        flash(
            f"Imported: {outcome.created} new, {outcome.changed} changed, "
            f"{outcome.unchanged} unchanged." + (" In the event by it:" if outcome.made else "")
        )
        for made, number in outcome.made.items():
            flash_link(made.counted(number), SEEN[made], slug=slug)
        return see(THEN[desk.kind.name], slug=slug)
    return desk.page(preview_of(rows, table, outcome), rows), 422 if outcome.errors else 200


def _attempt(desk: _Desk, table: Table, *, dry_run: bool) -> Outcome:
    if table.problems:
        return Outcome(errors=table.problems)
    try:
        return act(
            lambda session: attempt(
                session, current_actor(session), desk.kind, table, desk.given, dry_run=dry_run
            )
        )
    except Undone as undone:
        return undone.outcome


def _rows() -> Rows:
    """The rows of this request: those looked over before, else a file, else what was pasted."""
    if kept := request.form.get("rows", ""):
        left_out = set(request.form.getlist("leave"))
        return corrected(unpacked(kept), request.form, left_out)
    file = request.files.get("file")
    if file is not None and file.filename:
        data, field = file.read(), "file"
    else:
        data, field = request.form.get("pasted", "").encode(), "pasted"
    if not data.strip():
        raise Invalid("empty", "Paste some rows, or choose a file.", field="pasted")
    rows, problems = read_rows(data)
    if problems:
        raise Invalid("unreadable", sentence(str(problems[0])), field=field)
    return named_columns(rows)
