"""What an organizer and a newcomer type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from hackathon.events import rules
from hackathon.events.rules import Phase
from hackathon.events.service import Joining, Plan
from hackathon.people.rules import Role
from hackathon.shared.errors import Invalid
from hackathon.shared.web import Form, choices

if TYPE_CHECKING:
    from datetime import datetime

    from hackathon.events.models import Event


class EventForm(Form):
    """One form is enough for an event; times are local in its zone."""

    name = StringField("Name", [DataRequired("Give the event a name."), Length(max=200)])
    slug = StringField("Address", [Optional(), Length(max=50)])
    zone = StringField("Time zone", [DataRequired("Choose a time zone.")], default="UTC")
    starts = StringField("Starts", [DataRequired("When does it start?")])
    ends = StringField("Ends", [DataRequired("When does it end?")])
    submissions = StringField("Submissions close", [Optional()])
    registration = StringField("Registration opens", [Optional()])
    quarter = StringField("Quarter", [Optional(), Length(max=7)])
    goals = TextAreaField("Goals", [Length(max=10_000)])
    terms = TextAreaField("Text to accept", [Length(max=20_000)])
    team_min = IntegerField("Smallest team", [NumberRange(1, 50)], default=2)
    team_max = IntegerField("Largest team", [NumberRange(1, 50)], default=5)
    join_domain = StringField("Mail domain", [Length(max=200)])
    is_rehearsal = BooleanField("This is a rehearsal")
    reason = StringField("Reason", [Length(max=2000)])
    version = HiddenField(default="0")

    def plan(self) -> Plan:
        """The typed event.

        Raises:
            Invalid: a zone or a time that does not exist.
        """
        zone = rules.check_zone(str(self.zone.data).strip())
        return Plan(
            name=str(self.name.data),
            slug=str(self.slug.data or "").strip() or rules.fold_slug(str(self.name.data)),
            zone=zone,
            starts_at=self._instant("starts", zone),
            ends_at=self._instant("ends", zone),
            submissions_close_at=self._maybe("submissions", zone),
            registration_opens_at=self._maybe("registration", zone),
            quarter=str(self.quarter.data or "").strip(),
            goals=str(self.goals.data or ""),
            terms=str(self.terms.data or ""),
            team_min=int(self.team_min.data or 0),
            team_max=int(self.team_max.data or 0),
            join_domain=str(self.join_domain.data or ""),
            is_rehearsal=bool(self.is_rehearsal.data),
        )

    def _instant(self, field: str, zone: str) -> datetime:
        return rules.local_instant(str(self._fields[field].data), zone, field=field)

    def _maybe(self, field: str, zone: str) -> datetime | None:
        text = str(self._fields[field].data or "").strip()
        return rules.local_instant(text, zone, field=field) if text else None


def typed_again(event: Event) -> dict[str, Any]:
    """An event's values as its form shows them, times local in its zone."""
    from hackathon.shared.show import zone_of  # noqa: PLC0415 - only for this page

    zone = zone_of(event.zone)

    def local(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" if moment else ""

    return {
        "name": event.name,
        "slug": event.slug,
        "zone": event.zone,
        "starts": local(event.starts_at),
        "ends": local(event.ends_at),
        "submissions": local(event.submissions_close_at),
        "registration": local(event.registration_opens_at),
        "quarter": event.quarter,
        "goals": event.goals,
        "terms": event.terms,
        "team_min": event.team_min,
        "team_max": event.team_max,
        "join_domain": event.join_domain,
        "version": str(event.version),
    }


class MoveForm(Form):
    """A phase to move to, and why."""

    phase = SelectField(
        "Phase",
        choices=choices((phase.value, phase.label) for phase in Phase if phase in rules.MOVES),
    )
    reason = StringField(
        "Reason",
        [DataRequired("Say why; others will read it."), Length(max=2000)],
        id="move-reason",
    )
    anyway = BooleanField("Move all the same")


class ExtendForm(Form):
    """More time for all."""

    minutes = IntegerField("Minutes", [NumberRange(1, 720)], default=15)
    reason = StringField(
        "Reason",
        [DataRequired("Say why; others will read it."), Length(max=2000)],
        default="Everybody gets a little more time.",
        id="extend-reason",
    )


class ReasonForm(Form):
    """Only a reason."""

    reason = StringField(
        "Reason", [DataRequired("Say why; others will read it."), Length(max=2000)]
    )


class TermsForm(Form):
    """The event's text, accepted in the version that was shown."""

    accepts = BooleanField("I have read this and accept it")
    terms_version = HiddenField(default="")

    @property
    def accepted(self) -> int | None:
        """The version that was accepted; None when it was not."""
        version = str(self.terms_version.data or "")
        shown = version.isascii() and version.isdigit() and len(version) < 10  # noqa: PLR2004
        return int(version) if self.accepts.data and shown else None


class JoinForm(TermsForm):
    """What a newcomer says."""

    name = StringField("Your name", [Optional(), Length(max=200)])
    role = SelectField(
        "Your role in a team",
        choices=choices(
            [("", "Choose…"), *((role, role[0].upper() + role[1:]) for role in rules.ROLES)]
        ),
        validate_choice=False,
    )
    skills = StringField("Skills", [Length(max=500)])
    line = StringField("One line about you", [Length(max=200)])
    dietary = StringField("Anything the kitchen should know", [Length(max=200)])
    is_looking = BooleanField("I am looking for a team")

    def joining(self) -> Joining:
        """The typed registration."""
        return Joining(
            accepts_version=self.accepted,
            role=str(self.role.data or ""),
            skills=str(self.skills.data or ""),
            line=str(self.line.data or ""),
            dietary=str(self.dietary.data or ""),
            is_looking=bool(self.is_looking.data),
        )


class RoleForm(Form):
    """A person and a role to give or take."""

    email = StringField("E-mail", [DataRequired("Type an address."), Length(max=320)])
    name = StringField("Name", [Optional(), Length(max=200)])
    role = SelectField(
        "Role",
        choices=choices((role.value, role.value.capitalize()) for role in Role),
    )


class MomentForm(Form):
    """Parent of forms with times of the event's day; asks which when an hour happens twice."""

    which = SelectField(
        "The clocks go back that night",
        choices=choices(
            [("", "Which of the two?"), ("first", "Before they go back"), ("second", "After")]
        ),
        default="",
    )
    asks_which = False

    def instant(self, field: str, zone: str) -> datetime | None:
        """The instant typed in a field, local in the zone; None when it is empty.

        Raises:
            Invalid: not a time, or not one that night, or which of two is meant.
        """
        text = str(self._fields[field].data or "").strip()
        if not text:
            return None
        second = {"first": False, "second": True}.get(str(self.which.data))
        try:
            return rules.local_instant(text, zone, field=field, second=second)
        except Invalid as refusal:
            if refusal.word != "twice":
                raise
            self.asks_which = True
            raise Invalid(
                "twice",
                "That hour happens twice that night. Choose below which one you mean.",
                field=field,
            ) from None


def typed_moments(zone: str, **moments: datetime | None) -> dict[str, str]:
    """Instants as a MomentForm shows them, with `which` where a local time happens twice."""
    from hackathon.shared.show import zone_of  # noqa: PLC0415 - only for pages that edit

    values = {"which": ""}
    for name, moment in moments.items():
        local = moment.astimezone(zone_of(zone)) if moment else None
        values[name] = f"{local:%Y-%m-%dT%H:%M}" if local else ""
        if local and local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
            values["which"] = "second" if local.fold else "first"
    return values


class AnnouncementForm(MomentForm):
    """What to say, to whom, when."""

    audience = SelectField(
        "For", choices=choices((word.value, word.label) for word in rules.Audience)
    )
    text = TextAreaField("Text", [DataRequired("Write what you want to say."), Length(max=1000)])
    send_at = StringField("At", [Optional()])
    by_mail = BooleanField("Also by mail", default=True)
    version = HiddenField(default="0")


class AgendaForm(MomentForm):
    """One line of the agenda."""

    title = StringField("What", [DataRequired("Say what happens."), Length(max=200)])
    starts = StringField("Starts", [DataRequired("When does it start?")])
    ends = StringField("Ends", [Optional()])
    place = StringField("Where", [Length(max=200)])
    link = StringField("Link", [Length(max=500)])
    version = HiddenField(default="0")
