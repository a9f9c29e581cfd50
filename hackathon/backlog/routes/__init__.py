"""The pages of the backlog."""

from hackathon.backlog.routes import board, promote, proposal  # noqa: F401 - they add the views
from hackathon.backlog.routes.blueprint import blueprint

__all__ = ["blueprint"]
