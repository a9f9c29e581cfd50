"""Facts for programs: the streams a person may read, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import jsonify, request

from hackathon.office import queries
from hackathon.office.routes.blueprint import blueprint
from hackathon.people.access import SIGNED_IN, current_actor, requires
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid
from hackathon.shared.facts import facts_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

LARGEST = 2**53 - 1


@blueprint.get("/api/v1/facts")
@requires(SIGNED_IN)
def facts() -> ResponseReturnValue:
    """At most 500 facts of a stream past `after`, each with its link in the chain."""
    session, stream = reading(), request.args.get("stream", "")
    queries.check_may_read(session, current_actor(), stream)
    after = request.args.get("after", "0")
    if not (after.isascii() and after.isdigit() and int(after[:20]) <= LARGEST):
        raise Invalid("after", "Say after which number, like after=500.", field="after")
    return jsonify(
        {
            "facts": [
                {
                    "position": fact.position,
                    "stream": fact.stream,
                    "seq": fact.seq,
                    "kind": fact.kind,
                    "actor": fact.actor_id,
                    "at": utc_text(fact.at),
                    "body": fact.values,
                    "prev_hash": fact.prev_hash,
                    "hash": fact.hash,
                }
                for fact in facts_of(session, stream, int(after))
            ]
        }
    )
