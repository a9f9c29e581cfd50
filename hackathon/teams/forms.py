"""What teams type."""

from __future__ import annotations

from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange

from hackathon.events.rules import ROLES
from hackathon.shared.web import Form, choices
from hackathon.teams.rules import TOPICS


class TeamForm(Form):
    """A new team."""

    name = StringField("Name of the team", [DataRequired("Give the team a name."), Length(max=80)])
    about = StringField("What it wants to build", [Length(max=500)])


class ChangeForm(TeamForm):
    """A team's name, its sentence and its size."""

    capacity = IntegerField("Places", [NumberRange(1, 50)])


class InviteForm(Form):
    """Whom to invite."""

    email = StringField("E-mail", [DataRequired("Type an address."), Length(max=320)])


class OpeningForm(Form):
    """A role a team looks for."""

    role = SelectField(
        "Role", choices=choices((role, role[0].upper() + role[1:]) for role in ROLES)
    )
    wanted = StringField("What for", [Length(max=200)])


class PlaceForm(Form):
    """An organizer places a person, with a reason."""

    person = IntegerField("Person", [NumberRange(min=1)])
    reason = StringField("Reason", [DataRequired("Say why; they will read it."), Length(max=2000)])


class LookingForm(Form):
    """One line about oneself."""

    line = StringField("One line about you", [Length(max=200)])


class AgreeForm(Form):
    """Who goes into which team, and that they were asked."""

    person = IntegerField("Person", [NumberRange(min=1)])
    team = IntegerField("Team", [NumberRange(min=1, message="Choose a team.")])
    agreed = BooleanField(
        "They agreed", [DataRequired("Ask them first: nobody is moved without their word.")]
    )


class HelpForm(Form):
    """What a team asks help for, and where it sits."""

    topic = SelectField("About", choices=choices(TOPICS.items()))
    wish = StringField("In one sentence", [Length(max=300)])
    place = StringField("Where you are", [DataRequired("Say where to find you."), Length(max=100)])
