"""The office's pages: import, sign-in cards, what was mended, discarding; and facts for programs."""

from hackathon.office.routes import cards, changes, facts, imports, rehearsals
from hackathon.office.routes.blueprint import blueprint

__all__ = ["blueprint", "cards", "changes", "facts", "imports", "rehearsals"]
