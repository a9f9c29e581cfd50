"""Teams for people: three doors, one team, getting in and out; asking for help."""

from hackathon.teams.routes import help, teams  # noqa: A004 - the noun
from hackathon.teams.routes.blueprint import blueprint

__all__ = ["blueprint", "help", "teams"]
