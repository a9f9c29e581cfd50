"""Events for people: lists, one event, its settings, joining, who is in it."""

from hackathon.events.routes import events, joining, people, settings
from hackathon.events.routes.blueprint import blueprint

__all__ = ["blueprint", "events", "joining", "people", "settings"]
