"""Teams for people: three doors, one team, getting in and out; asking for help."""

from hackathon.teams.routes import teams
from hackathon.teams.routes.blueprint import blueprint

__all__ = ["blueprint", "teams"]
