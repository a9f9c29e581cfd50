"""What people type: addresses, passwords, their profile."""

from __future__ import annotations

from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import DataRequired, Length, Optional

from hackathon.shared.web import Form


class SignInForm(Form):
    """Address and password."""

    email = StringField("E-mail", [DataRequired("Type your address."), Length(max=320)])
    password = PasswordField("Password", [DataRequired("Type your password.")])


class LinkForm(Form):
    """Where to send a one-time link."""

    email = StringField("E-mail", [DataRequired("Type your address."), Length(max=320)])


class ProfileForm(Form):
    """Who one is, and where."""

    name = StringField("Name", [DataRequired("Give your name."), Length(max=200)])
    department = StringField("Department", [Length(max=200)])
    zone = StringField("Time zone", [Optional(), Length(max=60)])
    by_mail = BooleanField("Send me notices by mail too")


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
