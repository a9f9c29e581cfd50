"""The office's pages: import, sign-in cards, what was mended; and facts for programs."""

from hackathon.office.routes import cards, changes, facts, imports
from hackathon.office.routes.blueprint import blueprint

__all__ = ["blueprint", "cards", "changes", "facts", "imports"]
