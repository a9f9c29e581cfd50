"""Holds for programs: three calls with a team's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flask import jsonify, request
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select

from hackathon.credits.access import TEAM_TOKEN, token_or_none
from hackathon.credits.models import Account
from hackathon.credits.queries.ledger import account_name
from hackathon.credits.routes.blueprint import blueprint
from hackathon.credits.rules import CURRENCY, Kind
from hackathon.credits.service import holds
from hackathon.people.access import requires
from hackathon.shared.clock import utc_text
from hackathon.shared.errors import BadRequest, Invalid, NotSignedIn
from hackathon.shared.money import Micros, exact, parse_exact
from hackathon.shared.web import act

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.models import Entry, Hold

M = TypeVar("M", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class HoldBody(_Body):
    """What to set aside; `amount` is exact text, such as "7" or "0.000125".

    `currency` says of which of the team's credits, by default the main one.
    """

    key: str
    amount: str
    source: str
    purpose: str = ""
    expires_in: int = holds.USUAL_SECONDS
    currency: str = CURRENCY


class CaptureBody(_Body):
    """What was really used."""

    amount: str
    key: str = ""


def _body(kind: type[M]) -> M:
    given = request.get_json()
    if not isinstance(given, dict):
        raise BadRequest("body", "Send one JSON object; nothing was changed.")
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0]) if problem["loc"] else None
        raise Invalid(
            "body", f"{field}: {problem['msg']}. Nothing was changed.", field=field
        ) from None


def _token_id() -> int:
    token = token_or_none()
    if token is None:  # the door has asked already
        raise NotSignedIn("token", "Send a team's token.")
    return token.id


def _shown(
    session: Session, hold: Hold, *, replay: bool, entry: Entry | None = None
) -> dict[str, object]:
    name = account_name(Kind.AVAILABLE, hold.team_id, hold.currency)
    available = session.scalar(select(Account.balance).where(Account.name == name))
    return {
        "hold": hold.id,
        "key": hold.key,
        "state": hold.state,
        "amount": exact(hold.amount),
        "currency": hold.currency,
        "source": hold.source,
        "purpose": hold.purpose,
        "expires_at": utc_text(hold.expires_at),
        "captured": exact(entry.amount) if entry is not None else None,
        "available": exact(Micros(available or 0)),
        "replay": replay,
    }


@blueprint.post("/api/v1/credits/holds")
@requires(TEAM_TOKEN)
def make_hold() -> ResponseReturnValue:
    """Set money aside before a job runs: 201, or 200 when the key was here before."""
    asked, token_id = _body(HoldBody), _token_id()
    amount = parse_exact(asked.amount)

    def work(session: Session) -> dict[str, object]:
        found, replay = holds.make_hold(
            session,
            token_id=token_id,
            key=asked.key,
            amount=amount,
            source=asked.source,
            purpose=asked.purpose,
            seconds=asked.expires_in,
            currency=asked.currency,
        )
        return _shown(session, found, replay=replay)

    shown = act(work)
    return jsonify(shown), 200 if shown["replay"] else 201


@blueprint.post("/api/v1/credits/holds/<int:hold_id>/capture")
@requires(TEAM_TOKEN)
def capture_hold(hold_id: int) -> ResponseReturnValue:
    """End a hold with what was used; the rest is available again."""
    asked, token_id = _body(CaptureBody), _token_id()
    amount = parse_exact(asked.amount, signed=True)

    def work(session: Session) -> dict[str, object]:
        found, entry, replay = holds.capture(
            session, token_id=token_id, hold_id=hold_id, amount=amount, key=asked.key
        )
        return _shown(session, found, replay=replay, entry=entry)

    return jsonify(act(work))


@blueprint.post("/api/v1/credits/holds/<int:hold_id>/void")
@requires(TEAM_TOKEN)
def void_hold(hold_id: int) -> ResponseReturnValue:
    """End a hold unused."""
    token_id = _token_id()

    def work(session: Session) -> dict[str, object]:
        found, replay = holds.void(session, token_id=token_id, hold_id=hold_id)
        return _shown(session, found, replay=replay)

    return jsonify(act(work))
