"""The card as a form, and what organizers type about a project."""

from __future__ import annotations

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from hackathon.projects.rules import DATA_CLASSES, LABELS
from hackathon.shared.web import Form, choices


class CardForm(Form):
    """One card; lengths and links are checked by the rules, so that autosave says the same."""

    title = StringField(LABELS["title"])
    summary = StringField(LABELS["summary"])
    problem = TextAreaField(LABELS["problem"])
    approach = TextAreaField(LABELS["approach"])
    question = StringField(LABELS["question"])
    metric = StringField(LABELS["metric"])
    adopter = StringField(LABELS["adopter"])
    repo_url = StringField(LABELS["repo_url"])
    repo_commit = StringField(LABELS["repo_commit"])
    demo_url = StringField(LABELS["demo_url"])
    video_url = StringField(LABELS["video_url"])
    slides_url = StringField(LABELS["slides_url"])
    data_used = TextAreaField(LABELS["data_used"])
    data_class = SelectField(
        LABELS["data_class"],
        choices=choices((word, word.capitalize() or "Choose…") for word in DATA_CLASSES),
        validate_choice=False,
    )
    models_licenses = TextAreaField(LABELS["models_licenses"])
    needed_next = TextAreaField(LABELS["needed_next"])
    prior_work = TextAreaField(LABELS["prior_work"])
    version = HiddenField(default="0")


class MendForm(CardForm):
    """A card that an organizer types into, and why."""

    reason = StringField(
        "Reason", [DataRequired("Say why; the team will read it."), Length(max=2000)]
    )


class ReopenForm(Form):
    """Until when one project may be saved, and why."""

    until = StringField("Until", [DataRequired("Until when?")])
    reason = StringField(
        "Reason", [DataRequired("Say why; the team will read it."), Length(max=2000)]
    )


class TakeOutForm(Form):
    """Why a project leaves the event."""

    reason = StringField(
        "Reason",
        [DataRequired("Say why; the team will read it."), Length(max=2000)],
        id="out-reason",
    )
