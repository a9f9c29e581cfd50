"""The office's pages: import, sign-in cards, discarding; and facts for programs."""

from hackathon.office.routes import cards, facts, imports, rehearsals
from hackathon.office.routes.blueprint import blueprint

__all__ = ["blueprint", "cards", "facts", "imports", "rehearsals"]
