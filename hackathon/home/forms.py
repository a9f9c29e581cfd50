"""Starting for real: the first administrator, a second person, ways in, the first event."""

from __future__ import annotations

from typing import Any

from wtforms import IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from hackathon.events.forms import EventForm
from hackathon.people.rules import SiteRole, fold_email
from hackathon.shared.errors import Invalid
from hackathon.shared.mail import SUBMISSION, Server
from hackathon.shared.web import Form, choices


class WaysForm(Form):
    """How people reach this program and it reaches them; all of it may stay empty."""

    mail_server = StringField("Mail server", [Optional(), Length(max=200)])
    mail_port = IntegerField("Port", [Optional(), NumberRange(1, 65_535)], default=SUBMISSION)
    mail_user = StringField("User", [Optional(), Length(max=320)])
    mail_password = PasswordField("Password of the mail account", [Length(max=500)])
    mail_from = StringField("Sender", [Optional(), Length(max=320)])
    public_url = StringField("Public address", [Optional(), Length(max=200)])

    def server(self, *, password: str = "") -> Server | None:
        """The mail server, when one was named.

        Raises:
            Invalid: without a sender.
        """
        host = str(self.mail_server.data or "").strip()
        if not host:
            return None
        sender = str(self.mail_from.data or "").strip()
        if "@" not in sender or any(char in sender for char in "\r\n"):
            raise Invalid(
                "mail_from", "Say which address mails come from, such as "
                "hackathon@example.com.", field="mail_from",
            )  # fmt: skip
        return Server(
            host=host,
            port=int(self.mail_port.data or SUBMISSION),
            user=str(self.mail_user.data or "").strip(),
            password=str(self.mail_password.data or "") or password,
            sender=sender,
        )

    def kept(self, server: Server | None) -> dict[str, Any]:
        """What the instance is to keep; an empty server means printed links."""
        kept: dict[str, Any] = {"public_url": str(self.public_url.data or "").strip()}
        if server is None:
            return {**kept, "mail_server": ""}
        return {
            **kept,
            "mail_server": server.host,
            "mail_port": server.port,
            "mail_user": server.user,
            "mail_password": server.password,
            "mail_from": server.sender,
        }


class StartForm(EventForm, WaysForm):
    """Who runs this, with whom, how people are reached, and the first event."""

    person = StringField("Your name", [DataRequired("Give your name."), Length(max=200)])
    email = StringField("Your e-mail", [DataRequired("Type your address."), Length(max=320)])
    password = PasswordField(
        "A password",
        [
            DataRequired("Choose a password."),
            Length(min=12, max=256, message="A password has 12 to 256 characters."),
        ],
    )
    second_person = StringField("Their name", [Optional(), Length(max=200)])
    second_email = StringField("Their e-mail", [Optional(), Length(max=320)])
    second_role = SelectField(
        "They are",
        choices=choices(
            [(SiteRole.PROGRAM_LEAD.value, "Program lead"), (SiteRole.ADMIN.value, "Administrator")]
        ),
    )
    pin = StringField("PIN", [Optional(), Length(max=20)])

    def second(self) -> tuple[str, str, SiteRole] | None:
        """Name, address and role of the second person, when there is one.

        Raises:
            Invalid: only half of it, or the first person again.
        """
        name = str(self.second_person.data or "").strip()
        email = str(self.second_email.data or "").strip()
        if not name and not email:
            return None
        if not name:
            raise Invalid("second_person", "Give their name too.", field="second_person")
        address = fold_email(email, "second_email")
        if address == fold_email(str(self.email.data)):
            raise Invalid("second_email", "That is your own address.", field="second_email")
        return name, address, SiteRole(str(self.second_role.data))
