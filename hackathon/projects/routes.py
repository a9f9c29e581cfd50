"""Projects for people: the card, its versions, the organizer's list."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Blueprint, flash, jsonify, render_template, request

from hackathon.events.access import here
from hackathon.events.rules import Phase, local_instant
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.projects import queries, rules, service
from hackathon.projects.forms import CardForm, MendForm, ReopenForm, TakeOutForm
from hackathon.projects.rules import FIELDS, LABELS, Card, read_card
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound, Refusal
from hackathon.shared.web import act, see, submit, tab, wants_json
from hackathon.teams import queries as teams

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.projects.models import Project
    from hackathon.projects.service import Saved
    from hackathon.teams.models import Team

blueprint = Blueprint("projects", __name__)

tab(
    40,
    "Projects",
    "projects.index",
    lambda h: h.is_member and (h.organizes or h.phase is not Phase.DRAFT),
    front=lambda h: h.phase is Phase.JUDGING or (h.phase is Phase.HACKING and not h.organizes),
)


OPEN = {"incomplete", "nothing yet"}
"""What a project is before it can be judged."""


@blueprint.get("/events/<slug>/projects")
@requires(MEMBER)
def index(slug: str) -> ResponseReturnValue:
    """One's own project; for organizers every team's; for all once the results are out."""
    place, session = here(slug), reading()
    person_id = place.actor.person_id if place.actor else None
    mine = teams.team_of(session, place.event.id, person_id)
    is_public = place.phase in {Phase.RESULTS, Phase.FOLLOW_UP, Phase.CLOSED}
    rows = []
    if place.organizes or is_public:
        rows = queries.project_rows(session, place.event)
    if not place.organizes:
        rows = [row for row in rows if row.status == "submitted"]
    lists = {
        "all": ("All", rows),
        "thin": ("Thin", [row for row in rows if row.thin]),
        "open": ("Not complete", [row for row in rows if row.status in OPEN]),
    }
    asked = request.args.get("show", "")
    show = asked if place.organizes and asked in lists else "all"
    return render_template(
        "projects/index.html",
        here=place,
        rows=lists[show][1],
        lists=lists,
        show=show,
        mine=mine,
        labels=LABELS,
        submitted=sum(row.status == "submitted" for row in rows),
    )


def _own(slug: str, team_id: int) -> tuple[Team, Project | None, bool]:
    """A team's project for whoever may see it: members and organizers; else not found."""
    place, session = here(slug), reading()
    team = teams.find_team(session, place.event.id, team_id)
    person_id = place.actor.person_id if place.actor else None
    member = queries.is_member(session, team_id, person_id)
    is_public = place.phase in {Phase.RESULTS, Phase.FOLLOW_UP, Phase.CLOSED}
    if not (member or place.organizes or is_public):
        raise NotFound("no_such_project", "This event has no such project.")
    return team, queries.project_of_team(session, team_id), member


@blueprint.get("/events/<slug>/projects/<int:team_id>")
@requires(MEMBER)
def project(slug: str, team_id: int) -> ResponseReturnValue:
    """A team's card as it stands, and what would be submitted."""
    return _project_page(slug, team_id)


def _project_page(
    slug: str, team_id: int, reopen: ReopenForm | None = None, out: TakeOutForm | None = None
) -> str:
    place, session = here(slug), reading()
    team, found, member = _own(slug, team_id)
    newest, submission = (
        queries.newest_and_submission(session, place.event, found) if found else (None, None)
    )
    private = member or place.organizes
    shown = newest if private else submission
    if not private and (submission is None or found is None or _is_out(found)):
        raise NotFound("no_such_project", "This event has no such project.")
    closes_at = queries.deadline(place.event, found)
    return render_template(
        "projects/project.html",
        here=place,
        team=team,
        project=found,
        card=read_card(shown.card) if shown else Card(),
        newest=newest,
        submission=submission,
        versions=queries.versions_of(session, place.event.id, found.id)
        if found and private
        else [],
        thin=read_card(submission.card).missing if submission and private else [],
        member=member,
        private=private,
        closes_at=closes_at,
        is_open=place.now < closes_at
        and not (found is not None and _is_out(found))
        and (place.phase in {Phase.REGISTRATION, Phase.HACKING} or _is_reopened(found)),
        may_mend=place.organizes
        and place.now < closes_at
        and not (found is not None and _is_out(found))
        and (place.phase in rules.MENDING or _is_reopened(found)),
        reopened=found is not None and place.now < closes_at == found.reopened_until,
        labels=LABELS,
        reopen=reopen or ReopenForm(),
        out=out or TakeOutForm(),
    )


def _is_out(found: Project) -> bool:
    return found.withdrawn_at is not None or found.disqualified_at is not None


def _is_reopened(found: Project | None) -> bool:
    return found is not None and found.reopened_until is not None


@blueprint.get("/events/<slug>/projects/<int:team_id>/edit")
@requires(MEMBER)
def edit(slug: str, team_id: int) -> ResponseReturnValue:
    """The card to write on; it saves as one types, or by Save."""
    _, found, member = _own(slug, team_id)
    rules.check_may_edit(is_member=member)
    newest = queries.newest(reading(), found) if found else None
    card = read_card(newest.card) if newest else Card()
    form = CardForm(data={**asdict(card), "version": str(found.version if found else 0)})
    return _edit_page(slug, team_id, form)


def _edit_page(
    slug: str, team_id: int, form: CardForm, theirs: dict[str, str] | None = None
) -> str:
    place = here(slug)
    team, found, _ = _own(slug, team_id)
    door = "mend" if isinstance(form, MendForm) else "edit"
    card = Card(**{name: str(form.data.get(name) or "") for name in FIELDS})
    return render_template(
        "projects/edit.html",
        here=place,
        team=team,
        form=form,
        missing=[LABELS[name] for name in card.missing],
        theirs=theirs,
        door=door,
        labels=LABELS,
        closes_at=queries.deadline(place.event, found),
    )


@blueprint.post("/events/<slug>/projects/<int:team_id>/edit")
@requires(MEMBER)
def save(slug: str, team_id: int) -> ResponseReturnValue:
    """Save the card: a form, or JSON's answer for the page that saves by itself."""
    form = CardForm(request.form)
    event_id = here(slug).event.id
    _own(slug, team_id)
    version = str(form.version.data or "0")

    def work(session: Session) -> Saved:
        if not version.isdigit():
            raise Invalid("version", "Reload the page and try again.")
        return service.save_card(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            values=form.values(),
            version=int(version),
        )

    try:
        saved = act(work)
    except Refusal as refusal:
        if wants_json():
            raise
        return _refused(slug, team_id, form, refusal)
    if wants_json():
        card = rules.check_card(form.values())
        return jsonify(
            {
                "version": saved.version,
                "complete": saved.is_complete,
                "missing": [LABELS[name] for name in card.missing],
            }
        )
    flash("Saved." if saved.is_complete else "Saved as a draft; some fields are still missing.")
    return see(".project", slug=slug, team_id=team_id)


def _refused(slug: str, team_id: int, form: CardForm, refusal: Refusal) -> ResponseReturnValue:
    """The page with what was typed; with both texts, where somebody else saved first."""
    form.refuse(refusal)
    theirs = refusal.extra.get("theirs")
    if not isinstance(theirs, dict):
        return _edit_page(slug, team_id, form), refusal.code
    form.version.data = str(refusal.extra["version"])
    return _edit_page(slug, team_id, form, theirs), refusal.code


@blueprint.get("/events/<slug>/projects/<int:team_id>/mend")
@requires(ORGANIZER)
def mend(slug: str, team_id: int) -> ResponseReturnValue:
    """A team's card for an organizer to type into; it saves by Save only, with a reason."""
    _, found, _ = _own(slug, team_id)
    newest = queries.newest(reading(), found) if found else None
    card = read_card(newest.card) if newest else Card()
    form = MendForm(data={**asdict(card), "version": str(found.version if found else 0)})
    return _edit_page(slug, team_id, form)


@blueprint.post("/events/<slug>/projects/<int:team_id>/mend")
@requires(ORGANIZER)
def save_mended(slug: str, team_id: int) -> ResponseReturnValue:
    """Save what an organizer typed into a team's card; the team is told why."""
    form = MendForm(request.form)
    event_id = here(slug).event.id
    _own(slug, team_id)
    version = str(form.version.data or "0")

    def work(session: Session) -> Saved:
        if not (version.isascii() and version.isdigit() and len(version) < 10):  # noqa: PLR2004
            raise Invalid("version", "Reload the page and try again.")
        return service.mend_card(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            values={name: form.data.get(name) for name in FIELDS},
            version=int(version),
            reason=str(form.reason.data),
        )

    if not form.validate():
        return _edit_page(slug, team_id, form), 422
    try:
        saved = act(work)
    except Refusal as refusal:
        return _refused(slug, team_id, form, refusal)
    if not saved.changed:
        flash("Nothing was changed; the team is not told.")
    else:
        flash(
            "Saved; the team is told why."
            if saved.is_complete
            else "Saved as a draft, because fields are missing; the team is told why."
        )
    return see(".project", slug=slug, team_id=team_id)


@blueprint.get("/events/<slug>/projects/<int:team_id>/versions/<int:number>")
@requires(MEMBER)
def version(slug: str, team_id: int, number: int) -> ResponseReturnValue:
    """One saved version, and what it changed."""
    place, session = here(slug), reading()
    team, found, member = _own(slug, team_id)
    if found is None or not (member or place.organizes):
        raise NotFound("no_such_version", "This project has no such version.")
    row = queries.find_version(session, found.id, number)
    card = asdict(read_card(row.card))
    before = asdict(Card())
    if number > 1:
        before = asdict(read_card(queries.find_version(session, found.id, number - 1).card))
    return render_template(
        "projects/version.html",
        here=place,
        team=team,
        row=row,
        why=queries.mended_why(session, place.event.id, found.id).get(number, ""),
        changes=[(name, before[name], card[name]) for name in FIELDS if before[name] != card[name]],
        labels=LABELS,
    )


@blueprint.post("/events/<slug>/projects/<int:team_id>/reopen")
@requires(ORGANIZER)
def reopen(slug: str, team_id: int) -> ResponseReturnValue:
    """Let one team save until a time."""
    form = ReopenForm(request.form)
    event = here(slug).event
    _own(slug, team_id)

    def work(session: Session) -> bool:
        actor = current_actor(session)
        service.reopen(
            session,
            actor,
            event_id=event.id,
            project_id=service.project_for(session, actor, event_id=event.id, team_id=team_id),
            until=local_instant(str(form.until.data), event.zone, field="until"),
            reason=str(form.reason.data),
        )
        return True

    if submit(form, work) is None:
        return _project_page(slug, team_id, reopen=form), form.status
    flash("Reopened for this team.")
    return see(".project", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/projects/<int:team_id>/out")
@requires(ORGANIZER)
def take_out(slug: str, team_id: int) -> ResponseReturnValue:
    """Withdraw or disqualify a project, with a reason."""
    form = TakeOutForm(request.form)
    event_id = here(slug).event.id
    _, found, _ = _own(slug, team_id)
    if found is None:
        raise NotFound("no_such_project", "This team has no project yet.")

    def work(session: Session) -> bool:
        service.take_out(
            session,
            current_actor(session),
            event_id=event_id,
            project_id=found.id,
            disqualify=request.form.get("how") == "disqualify",
            reason=str(form.reason.data),
        )
        return True

    if submit(form, work) is None:
        return _project_page(slug, team_id, out=form), form.status
    flash("The project is out; nothing was deleted.")
    return see(".project", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/projects/<int:team_id>/back")
@requires(ORGANIZER)
def put_back(slug: str, team_id: int) -> ResponseReturnValue:
    """Take a project that is out in again, with a reason."""
    form = TakeOutForm(request.form)
    event_id = here(slug).event.id
    _, found, _ = _own(slug, team_id)
    if found is None:
        raise NotFound("no_such_project", "This team has no project yet.")

    def work(session: Session) -> bool:
        service.put_back(
            session,
            current_actor(session),
            event_id=event_id,
            project_id=found.id,
            reason=str(form.reason.data),
        )
        return True

    if submit(form, work) is None:
        return _project_page(slug, team_id, out=form), form.status
    flash("The project is in the event again.")
    return see(".project", slug=slug, team_id=team_id)
