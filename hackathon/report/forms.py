"""What is typed to sign a report, to ask people, to look back."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import Length

from hackathon.shared.web import Form


class SignForm(Form):
    """The day, the version it is to be, and for a correction what it corrects."""

    as_of = StringField("As of", [Length(max=10)], id="sign-as-of")
    version = HiddenField(default="1")
    reason = StringField("What is corrected", [Length(max=2000)])


class SurveyForm(Form):
    """Whether answers carry names; the questions come as parallel lists of fields."""

    is_named = BooleanField("Answers carry names: organizers see who said what")
    version = HiddenField(default="0")


class LessonForm(Form):
    """A line of the retrospective."""

    text = StringField("One line", [Length(max=500)])
    owner = StringField("Who sees to it")
