"""The office's pages: import, sign-in cards; and facts for programs."""

from hackathon.office.routes import cards, facts, imports
from hackathon.office.routes.blueprint import blueprint

__all__ = ["blueprint", "cards", "facts", "imports"]
