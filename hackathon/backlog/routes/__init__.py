"""The pages of the backlog."""

from hackathon.backlog.routes import (  # noqa: F401 - they add the views
    board,
    promote,
    proposal,
    wishes,
)
from hackathon.backlog.routes.blueprint import blueprint

__all__ = ["blueprint"]
