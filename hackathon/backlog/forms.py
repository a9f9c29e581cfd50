"""What is typed about proposals; the rules decide what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from hackathon.backlog.rules import (
    DECLINE_CODES,
    LONGEST_TEXT,
    TRANSITIONS,
    Given,
    Verb,
    lines_of,
    parse_day,
)
from hackathon.shared.web import Form, choices

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORT, LONG = Length(max=300), Length(max=LONGEST_TEXT)


class HoldForm(Form):
    """Who holds what has no owner yet, and until when."""

    holder = SelectField("Held by", choices=[], validate_choice=False)
    held_until = StringField("Owner named by")


def promote_form(project_ids: Iterable[int]) -> type[HoldForm]:
    """A form with the owner of each winner beside who holds the rest."""
    fields = {
        f"owner-{project_id}": StringField("Outcome owner", [Length(max=320)])
        for project_id in project_ids
    }
    return type("PromoteForm", (HoldForm,), fields)


class NominateForm(HoldForm):
    """Another project, and why it should go on."""

    project = SelectField("Project", choices=[], validate_choice=False)
    owner = StringField("Outcome owner", [Length(max=320)], id="nominate-owner")
    reason = StringField("Why this one", [Length(max=2000)])


class WishForm(Form):
    """What a team needs to go on."""

    needs = TextAreaField("What it needs", [LONG])


class MoveForm(Form):
    """One transition: the fields its row names, and the version the typist saw."""

    version = HiddenField(default="0")
    reason = TextAreaField("Reason", [Length(max=2000)])
    code = SelectField("Kind of reason", choices=choices(DECLINE_CODES.items()))
    link = StringField("Link to the repository or the demo", [SHORT])
    measured = TextAreaField("Measured values, one a line", [LONG])
    days = IntegerField("New time box in days", [Optional()])
    home_team = StringField("Team that will run it", [SHORT])
    live_on = StringField("Live since")
    release_url = StringField("Link to the release", [SHORT])
    monitored_by = StringField("Who watches over it", [SHORT])
    is_ready = BooleanField("Monitoring, tests and a way back are in place")
    revisit_on = StringField("Look again on")
    tried = TextAreaField("What was tried", [LONG])
    learned = TextAreaField("What was learned", [LONG])
    who_should_know = StringField("Who should know", [SHORT])
    reuse = StringField("What can be used again (links)", [Length(max=2000)])
    target = IntegerField("Number of the other proposal", [Optional()])

    @classmethod
    def asking(cls, verb: Verb, *args: object, **more: object) -> MoveForm:
        """A form that asks only what this transition needs, with ids of its own."""
        form = cls(*args, **more)
        for name in list(form._fields):
            if name not in {"version", *TRANSITIONS[verb].fields}:
                del form[name]
            else:
                form[name].id = f"{verb.value}-{name}"
        return form

    def given(self) -> Given:
        """What was typed, as the guards take it."""
        typed = self.values()
        typed.pop("version")
        for name in ("live_on", "revisit_on"):
            if name in typed:
                typed[name] = parse_day(str(typed[name]), name)
        if "measured" in typed:
            typed["measured"] = lines_of(str(typed["measured"]))
        return Given(**typed)


class PlanForm(Form):
    """What success is, and how long it may take."""

    version = HiddenField(default="0")
    criteria = TextAreaField("Success criteria, one a line", [LONG])
    time_box_days = IntegerField("Time box in days", [Optional(), NumberRange(max=10_000)])


class OwnerForm(Form):
    """To whom it goes, and why."""

    version = HiddenField(default="0")
    owner = StringField("E-mail of the outcome owner", [Length(max=320)])
    reason = StringField("Why (they will read it)", [Length(max=2000)], id="owner-reason")


class PageForm(Form):
    """The one page."""

    version = HiddenField(default="0")
    title = StringField("Title", [Length(max=120)])
    problem = TextAreaField("The problem", [LONG])
    approach = TextAreaField("The approach", [LONG])
    impact = TextAreaField("The number that should move", [LONG])
    needs = TextAreaField("What it needs", [LONG])


class CheckInForm(Form):
    """The three fields of a check-in."""

    changed = TextAreaField("What has changed", [LONG])
    number_now = StringField("The number now", [LONG])
    in_the_way = TextAreaField("What is in the way", [LONG])
