"""Events for people: lists, one event, its settings, joining, who is in it, its days."""

from hackathon.events.routes import agenda, announcements, events, joining, people, settings
from hackathon.events.routes.blueprint import blueprint

__all__ = ["agenda", "announcements", "blueprint", "events", "joining", "people", "settings"]
