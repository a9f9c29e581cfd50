"""A report is signed off; a correction is the next version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hackathon.events.rules import check_reason
from hackathon.people.rules import check_program_lead
from hackathon.report.models import QuarterReport
from hackathon.report.queries import quarters as queries
from hackathon.report.rules import check_as_of, check_version
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import canonical, note, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def sign_off(
    session: Session, actor: Actor, *, quarter: str, as_of: str, version: int, reason: str = ""
) -> QuarterReport:
    """Draft the report once more inside the transaction and keep it, with its inputs.

    Args:
        session: An open transaction.
        actor: A program lead.
        quarter: Such as 2026-Q4.
        as_of: The day as typed; empty for today.
        version: The version this is to be: one more than the newest the signer saw.
        reason: What is corrected, from the second version on.

    Raises:
        NotAllowed: not a program lead or administrator.
        NotFound: not a quarter.
        Conflict: somebody signed first, or nothing of the quarter counts.
        Invalid: no such day, or a correction without a reason.
    """
    check_program_lead(actor)
    day = check_as_of(as_of, quarter, now().date())
    newest = session.scalar(select(func.max(QuarterReport.version)).filter_by(quarter=quarter))
    check_version(version, newest or 0)
    draft = queries.draft_of(session, quarter, day)
    if not draft.figures["events"]:
        raise Conflict("no_event", "This quarter has no event that counts; nothing was signed.")
    told = note(session, check_reason(reason)) if version > 1 else None
    figures = canonical(draft.figures)
    inputs = canonical({**draft.inputs, "last_fact": queries.last_fact(session, day)})
    made = QuarterReport(
        quarter=quarter,
        version=version,
        as_of=day,
        figures=figures,
        inputs=inputs,
        sha256=queries.seal(quarter, version, day, figures, inputs),
        note_id=told["note"] if told else None,
        signed_by_id=actor.person_id,
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            "signed_first", "Somebody signed this version at the same moment; nothing of yours "
            "was saved. Look at theirs first.",
        ) from error  # fmt: skip
    body: dict[str, Any] = {"reason": told} if told else {}
    record(
        session,
        stream=f"quarter:{quarter}",
        kind="report.signed",
        actor_id=actor.person_id,
        version=version,
        as_of=day.isoformat(),
        sha256=made.sha256,
        **body,
    )
    return made
