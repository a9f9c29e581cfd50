"""One proposal: its page, evidence, history, what comes next, and the forms for it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flask import flash, render_template, request

from hackathon.backlog.forms import CheckInForm, MoveForm, OwnerForm, PageForm, PlanForm
from hackathon.backlog.metrics import CHECK_IN_LABELS
from hackathon.backlog.queries import proposals as queries
from hackathon.backlog.routes.blueprint import blueprint
from hackathon.backlog.rules import (
    DECLINE_CODES,
    LIVING,
    LONGEST_BOX,
    OPEN,
    TRANSITIONS,
    Page,
    Stage,
    State,
    Verb,
    Who,
    stage_of,
    verbs_of,
)
from hackathon.backlog.service import moves, plans
from hackathon.judging.queries.results import score_text
from hackathon.people.access import SIGNED_IN, current_actor, requires
from hackathon.shared.calendars import MIMETYPE, Entry, calendar_bytes
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.web import Form, file_answer, public_address, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.backlog.models import CheckIn, Proposal
    from hackathon.people.rules import Actor

FORWARD = (
    Verb.PROPOSE, Verb.REVIEW, Verb.ACCEPT, Verb.START, Verb.READY, Verb.PILOT, Verb.LAUNCH,
    Verb.RESUME,
)  # fmt: skip
"""What leads on; it stands first and open, the rest folds away below."""

PAST = {"promote": "Promoted", "write": "Written"}


def _version() -> int:
    typed = request.form.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1  # noqa: PLR2004


def _show(proposal_id: int, refused: Form | None = None, verb: Verb | None = None) -> str:
    session, actor = reading(), current_actor()
    whole = queries.whole_of(session, actor, proposal_id)
    found, page, members = whole.proposal, whole.page, queries.members_of(session, proposal_id)
    asker = queries.asker_of(actor, found, members)
    state, version = State(found.state), str(found.version)
    check_ins = queries.check_ins_of(session, found.id)
    forms = {
        one: MoveForm.asking(one, data={"version": version, "days": LONGEST_BOX})
        for one in verbs_of(queries.case_of(found, page), asker)
    }
    if verb is not None and isinstance(refused, MoveForm):
        refused.version.data = version
        forms[verb] = refused
    evidence = queries.evidence_of(session, found.id)
    came_from = State(found.came_from) if found.came_from else None
    return render_template(
        "backlog/proposal.html",
        proposal=found,
        page=page,
        names=whole,
        members=members,
        state=state,
        stage=stage_of(state, came_from),
        stages=list(Stage),
        today=queries.today_of(found),
        forward=[(one, form) for one, form in forms.items() if one in FORWARD],
        other=[(one, form) for one, form in forms.items() if one not in FORWARD],
        transitions=TRANSITIONS,
        refused_verb=verb,
        check_ins=check_ins,
        next_check_in=_next(check_ins) if state in queries.ASKED else None,
        labels=CHECK_IN_LABELS,
        evidence=evidence[0] if evidence else None,
        sha256=evidence[1] if evidence else "",
        history=queries.history_of(session, found.id),
        past=PAST,
        codes=DECLINE_CODES,
        cards=queries.cards_of(session, found.id)
        if found.cycle > 1 or state is State.STOPPED
        else [],
        criteria=queries.texts(found.criteria),
        measured=queries.texts(found.measured),
        score=lambda text: score_text(Fraction(text)),
        **_rights(found, actor, asker.roles, state),
        **_forms(found, page, refused, version),
    )


def _next(check_ins: list[CheckIn]) -> CheckIn | None:
    return next((row for row in check_ins if row.done_at is None), None)


def _rights(found: Proposal, actor: Actor, roles: frozenset[Who], state: State) -> dict[str, bool]:
    living = state in LIVING
    return {
        "may_plan": Who.OWNER in roles and state in OPEN,
        "may_write": living and bool(roles & {Who.AUTHOR, Who.LEAD, Who.OWNER, Who.REVIEWER}),
        "may_own": (living or state is State.PRODUCTION)
        and state is not State.DRAFT
        and bool(roles & {Who.OWNER, Who.ORGANIZER, Who.REVIEWER}),
        "may_answer": bool(roles & {Who.OWNER, Who.LEAD, Who.REVIEWER}),
        "is_owner": found.owner_id is not None and found.owner_id == actor.person_id,
    }


def _forms(found: Proposal, page: Page, refused: Form | None, version: str) -> dict[str, Form]:
    criteria = "\n".join(queries.texts(found.criteria))
    days = found.time_box_days or LONGEST_BOX
    fresh: dict[str, Form] = {
        "plan": PlanForm(data={"version": version, "criteria": criteria, "time_box_days": days}),
        "owner_form": OwnerForm(data={"version": version}),
        "page_form": PageForm(obj=page, data={"version": version}),
        "answer": CheckInForm(),
    }
    for name, form in fresh.items():
        if type(refused) is type(form):
            fresh[name] = refused
    return fresh


@blueprint.get("/backlog/<int:proposal_id>")
@requires(SIGNED_IN)
def proposal(proposal_id: int) -> ResponseReturnValue:
    """One page."""
    return _show(proposal_id)


@blueprint.post("/backlog/<int:proposal_id>/move/<verb>")
@requires(SIGNED_IN)
def move(proposal_id: int, verb: str) -> ResponseReturnValue:
    """Take one of the listed transitions."""
    if verb not in set(Verb):
        raise NotFound("no_such_step", "There is no such step.")
    wanted = Verb(verb)
    form = MoveForm.asking(wanted, request.form)

    def work(session: Session) -> str:
        to = moves.move(
            session,
            current_actor(session),
            proposal_id=proposal_id,
            verb=wanted,
            version=_version(),
            given=form.given(),
        )
        return to.label.lower()

    to = submit(form, work)
    if to is None:
        return _show(proposal_id, form, wanted), form.status
    flash(f"Done. The proposal is now {to}.")
    return see(".proposal", proposal_id=proposal_id)


@blueprint.post("/backlog/<int:proposal_id>/plan")
@requires(SIGNED_IN)
def plan(proposal_id: int) -> ResponseReturnValue:
    """The owner says what success is and how long it may take."""
    form = PlanForm(request.form)

    def work(session: Session) -> bool:
        plans.set_plan(
            session,
            current_actor(session),
            proposal_id=proposal_id,
            version=_version(),
            criteria=str(form.criteria.data or ""),
            time_box_days=form.time_box_days.data,
        )
        return True

    if submit(form, work) is None:
        form.version.data = request.form.get("version", "")
        return _show(proposal_id, form), form.status
    flash("Saved. You can accept it now.")
    return see(".proposal", proposal_id=proposal_id)


@blueprint.post("/backlog/<int:proposal_id>/owner")
@requires(SIGNED_IN)
def change_owner(proposal_id: int) -> ResponseReturnValue:
    """Name the outcome owner, or hand over."""
    form = OwnerForm(request.form)

    def work(session: Session) -> bool:
        plans.change_owner(
            session,
            current_actor(session),
            proposal_id=proposal_id,
            version=_version(),
            address=str(form.owner.data or ""),
            reason=str(form.reason.data or ""),
        )
        return True

    if submit(form, work) is None:
        return _show(proposal_id, form), form.status
    flash("The owner is named and will be told.")
    return see(".proposal", proposal_id=proposal_id)


@blueprint.post("/backlog/<int:proposal_id>/page")
@requires(SIGNED_IN)
def save_page(proposal_id: int) -> ResponseReturnValue:
    """A new version of the page."""
    form = PageForm(request.form)

    def work(session: Session) -> bool:
        typed: dict[str, Any] = form.values()
        typed.pop("version")
        plans.save_page(
            session,
            current_actor(session),
            proposal_id=proposal_id,
            version=_version(),
            page=Page(**typed),
        )
        return True

    if submit(form, work) is None:
        return _show(proposal_id, form), form.status
    flash("Saved as a new version.")
    return see(".proposal", proposal_id=proposal_id)


@blueprint.post("/backlog/<int:proposal_id>/check-ins/<key>")
@requires(SIGNED_IN)
def check_in(proposal_id: int, key: str) -> ResponseReturnValue:
    """Answer the three fields."""
    form = CheckInForm(request.form)

    def work(session: Session) -> bool:
        plans.answer_check_in(
            session,
            current_actor(session),
            proposal_id=proposal_id,
            key=key,
            **{name: str(value) for name, value in form.values().items()},
        )
        return True

    if submit(form, work) is None:
        return _show(proposal_id, form), form.status
    flash("Thank you. The check-in is kept.")
    return see(".proposal", proposal_id=proposal_id)


@blueprint.get("/backlog/<int:proposal_id>/calendar.ics")
@requires(SIGNED_IN)
def calendar(proposal_id: int) -> ResponseReturnValue:
    """What is due, as a calendar file: whole days, the same ids each time."""
    session = reading()
    found = queries.find_proposal(session, current_actor(), proposal_id)
    address = f"{public_address()}/backlog/{found.id}"
    entries = [
        Entry(
            uid=f"proposal-{found.id}-{row.key}",
            summary=f"{CHECK_IN_LABELS.get(row.key, row.key)}: {found.title}",
            starts_at=row.due_on,
            ends_at=None,
            changed_at=found.created_at,
            link=address,
        )
        for row in (queries.check_ins_of(session, found.id) if found.state in queries.ASKED else [])
        if row.done_at is None
    ]
    return file_answer(calendar_bytes(found.title, entries), f"proposal-{found.id}.ics", MIMETYPE)
