"""Starting for real: the first administrator and the first event in one form."""

from __future__ import annotations

from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from hackathon.events.forms import EventForm


class StartForm(EventForm):
    """Who runs this, and the first event."""

    person = StringField("Your name", [DataRequired("Give your name."), Length(max=200)])
    email = StringField("Your e-mail", [DataRequired("Type your address."), Length(max=320)])
    password = PasswordField(
        "A password",
        [
            DataRequired("Choose a password."),
            Length(min=12, max=256, message="A password has 12 to 256 characters."),
        ],
    )
