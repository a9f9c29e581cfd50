"""What is typed to sign a report."""

from __future__ import annotations

from wtforms import HiddenField, StringField
from wtforms.validators import Length

from hackathon.shared.web import Form


class SignForm(Form):
    """The day, the version it is to be, and for a correction what it corrects."""

    as_of = StringField("As of", [Length(max=10)], id="sign-as-of")
    version = HiddenField(default="1")
    reason = StringField("What is corrected", [Length(max=2000)])
