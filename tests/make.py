"""Plain functions that make what tests need; every argument but the session is optional."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from html.parser import HTMLParser

from flask.testing import FlaskClient

from hackathon.events.models import Event, Registration
from hackathon.judging.rules import check_rubric, check_scale
from hackathon.people.models import EventRoleGrant, Person, SiteRoleGrant
from hackathon.people.rules import Actor, Role, SiteRole
from hackathon.projects.models import Project, ProjectVersion
from hackathon.projects.rules import NEEDED, Card
from hackathon.shared import sessions
from hackathon.shared.clock import now
from hackathon.shared.db import transaction
from hackathon.shared.money import Micros
from hackathon.teams.models import Membership, Team

_numbers = itertools.count(1)


# --- people and events ----------------------------------------------------------


def make_person(session, *, name=None, email=None, **more):
    """A person with an address of example.com."""
    number = next(_numbers)
    name = name or f"Person {number}"
    email = email or f"{name.casefold().replace(' ', '.')}@example.com"
    person = Person(name=name, email=email, **more)
    session.add(person)
    session.flush()
    return person


def give_site_role(session, person, role):
    """Make a person an admin or a program lead."""
    session.add(SiteRoleGrant(person_id=person.id, role=role))
    session.flush()


def give_event_role(session, person, event, role):
    """Give a role in an event."""
    session.add(EventRoleGrant(person_id=person.id, event_id=event.id, role=role))
    session.flush()


def make_event(session, **more):
    """An event of 20-22 November 2026 in Berlin, published, in phase hacking on Saturday."""
    number = next(_numbers)
    values = {
        "slug": f"event-{number}",
        "name": f"Event {number}",
        "quarter": "2026-Q4",
        "zone": "Europe/Berlin",
        "starts_at": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 22, 16, 0, tzinfo=UTC),
        "last_day": date(2026, 11, 22),
        "submissions_close_at": datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        "join_token": f"join-{number}",
        "published_at": datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
        "terms": "Be kind. What you build belongs to the company.",
    } | more
    event = Event(**values)
    session.add(event)
    session.flush()
    return event


def make_participant(session, person, event, **more):
    """Register a person in an event as participant."""
    give_event_role(session, person, event, "participant")
    values = {"terms_version": 1, "accepted_at": now(), "role": "ML engineer"} | more
    session.add(Registration(event_id=event.id, person_id=person.id, **values))
    session.flush()


def actor(player, *, site=(), event_id=None, roles=()):
    """An Actor of the cast with the given roles."""
    return Actor(
        person_id=player.id,
        name=player.name,
        email=player.email,
        site_roles=frozenset(SiteRole(role) for role in site),
        event_roles={event_id: frozenset(Role(role) for role in roles)} if event_id else {},
    )


class _Token(HTMLParser):
    value = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "meta" and given.get("name") == "csrf-token":
            self.value = given.get("content") or ""


class Client(FlaskClient):
    """A test client that reads the CSRF token from a page and sends it with each POST."""

    token = None

    def open(self, *args, csrf=True, **kwargs):
        """Send a request; `csrf=False` leaves the token out."""
        method = kwargs.get("method", "GET")
        if csrf and method in {"POST", "PUT", "PATCH", "DELETE"}:
            if self.token is None:
                finder = _Token()
                page = super().open("/sign-in", method="GET", follow_redirects=True)
                finder.feed(page.get_data(as_text=True))
                self.token = finder.value
            headers = dict(kwargs.pop("headers", None) or {})
            headers.setdefault("X-CSRF-Token", self.token)
            kwargs["headers"] = headers
        return super().open(*args, **kwargs)


def client_of(app, player=None):
    """A test client, signed in as a member of the cast (None: a visitor)."""
    app.test_client_class = Client
    client = app.test_client()
    if player is not None:
        with app.app_context(), transaction() as session:
            token = sessions.begin(session, person_id=player.id, device="test")
        client.set_cookie(app.session_interface.cookie, token)
    return client


# --- projects and judging -----------------------------------------------------------


def make_project(session, event, *, name, members=(), saved_at=None):
    """A team with a complete card, saved now unless told otherwise."""
    team = Team(event_id=event.id, name=name, name_key=name.casefold(), capacity=5)
    session.add(team)
    session.flush()
    for person in members:
        session.add(Membership(event_id=event.id, team_id=team.id, person_id=person.id))
    card = Card(**dict.fromkeys(NEEDED, "Something") | {"title": f"{name} at work"})
    project = Project(event_id=event.id, team_id=team.id, version=1)
    session.add(project)
    session.flush()
    session.add(
        ProjectVersion(
            project_id=project.id, number=1, title=card.title, card=card.as_text(),
            is_complete=True, saved_at=saved_at or now(),
        )
    )  # fmt: skip
    session.flush()
    return project


def make_rubric(*keys, low=1, high=5, step=1, name="Final"):
    """A rubric of equal weights; `impact` and `works` unless keys are given."""
    lines = [(key, key.capitalize(), 1, {}) for key in keys or ("impact", "works")]
    return check_rubric(name, check_scale(low, high, step), lines)


# --- credits --------------------------------------------------------------------


def make_team(session, event_id, name=None):
    """A team without members."""
    name = name or f"Team {next(_numbers):04}"
    team = Team(event_id=event_id, name=name, name_key=name.casefold(), capacity=5)
    session.add(team)
    session.flush()
    return team


def cents(amount):
    """Whole cents of an amount of dollars, in micros."""
    return Micros(round(amount * 100) * 10_000)
