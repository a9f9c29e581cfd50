"""What people type: addresses, passwords, their profile."""

from __future__ import annotations

from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from hackathon.shared.telling import Kind, Way
from hackathon.shared.web import Form, choices


class SignInForm(Form):
    """Address and password."""

    email = StringField("E-mail", [DataRequired("Type your address."), Length(max=320)])
    password = PasswordField("Password", [DataRequired("Type your password.")])


class LinkForm(Form):
    """Where to send a one-time link."""

    email = StringField("E-mail", [DataRequired("Type your address."), Length(max=320)])


class CardForm(Form):
    """What a sign-in card offers whoever has no password: to choose one at once."""

    password = PasswordField(
        "Password for next time",
        [Optional(), Length(min=12, max=256, message="A password has 12 to 256 characters.")],
    )


class ProfileForm(Form):
    """Who one is, and where."""

    name = StringField("Name", [DataRequired("Give your name."), Length(max=200)])
    department = StringField("Department", [Length(max=200)])
    zone = StringField("Time zone", [Optional(), Length(max=60)])


WAYS = (
    (Way.BOTH, "Mail and notice"),
    (Way.MAIL, "Mail"),
    (Way.NOTICE, "Notice"),
)


class WaysForm(Form):
    """For each kind of word: mail, notice or both."""

    deadlines = SelectField(Kind.DEADLINES.label, choices=choices(WAYS))
    teams = SelectField(Kind.TEAMS.label, choices=choices(WAYS))
    judging = SelectField(Kind.JUDGING.label, choices=choices(WAYS))
    credits = SelectField(Kind.CREDITS.label, choices=choices(WAYS))
    outcomes = SelectField(Kind.OUTCOMES.label, choices=choices(WAYS))
    other = SelectField(Kind.OTHER.label, choices=choices(WAYS))

    def ways(self) -> dict[Kind, Way]:
        """What was chosen."""
        return {kind: Way(str(self._fields[kind.value].data)) for kind in Kind}


class PasswordForm(Form):
    """A new password, with the old one where there is one."""

    current = PasswordField("Current password", [Length(max=256)])
    password = PasswordField(
        "New password",
        [
            DataRequired("Type a new password."),
            Length(min=12, max=256, message="A password has 12 to 256 characters."),
        ],
    )
