"""What the services of people share: each change is a fact on `access:<person>`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hackathon.shared.facts import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def say(session: Session, actor: Actor, person_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    """Record what became of somebody's account."""
    record(session, stream=f"access:{person_id}", kind=kind, actor_id=actor.person_id, **body)
