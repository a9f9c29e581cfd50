"""What organizers and judges type."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from wtforms import (
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from hackathon.events.rules import local_instant
from hackathon.judging import rules
from hackathon.judging.queries.assignment import Wishes
from hackathon.judging.rules import (
    PLACE_PRIZES,
    Declared,
    Mode,
    Rubric,
    Rule,
    Takes,
    Track,
    Verb,
    shown,
)
from hackathon.shared.clock import now
from hackathon.shared.show import zone_of
from hackathon.shared.web import Form, choices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hackathon.events.models import Event
    from hackathon.judging.models import CriterionRow, Round
    from hackathon.shared.errors import Refusal

SCALES = (
    ("1 5 1", "1 to 5"),
    ("0 5 0.5", "0 to 5 in halves"),
    ("1 5 0.5", "1 to 5 in halves"),
    ("1 10 1", "1 to 10"),
    ("0 10 1", "0 to 10"),
)
ROWS = 8
USUAL = (
    ("Impact", "30", "1: nice to have\n3: saves some people time\n5: changes how we work"),
    ("Works", "25", "1: slides\n3: runs on prepared data\n5: runs on real data"),
    ("Idea", "20", "1: known here\n3: new to us\n5: new to the field"),
    ("Can be adopted", "25", "1: no owner in sight\n3: an owner is named\n5: owner and next step"),
)
"""A rubric to start from; every word can be changed until the round opens."""


class CriterionForm(Form):
    """One line of the rubric."""

    label = StringField("Criterion", [Length(max=80)])
    weight = StringField("Weight", [Length(max=20)], default="")
    anchors = TextAreaField("What the levels mean", [Length(max=4000)])
    key = HiddenField(default="")


class RoundForm(Form):
    """A round and its rubric, in one form."""

    name = StringField("Name", [DataRequired("Give the round a name."), Length(max=200)])
    scale = SelectField("Scale", choices=choices(SCALES), default="1 5 1")
    mode = SelectField(
        "How judges meet projects",
        choices=choices(
            [
                (Mode.PITCHES, "Pitches: every judge sees every project"),
                (Mode.VISITS, "Visits: each judge sees some projects"),
            ]
        ),
    )
    rule = SelectField(
        "Standings by",
        choices=choices(
            [
                (Rule.ADJUSTED, "the judge-adjusted mean"),
                (Rule.RAW, "the plain mean"),
            ]
        ),
    )
    track = StringField("Track or prize", [Optional(), Length(max=80)])
    takes = SelectField("Which projects", default="every")
    reason = StringField("Why it changes", [Optional(), Length(max=2000)])
    criteria = FieldList(
        FormField(CriterionForm), min_entries=ROWS, max_entries=rules.MOST_CRITERIA
    )

    def of(self, challenges: Mapping[str, int]) -> Self:
        """The form for an event with these challenges, by title."""
        self.takes.choices = choices(
            [
                (Takes.EVERY, "every submitted project"),
                *(
                    (f"{Takes.CHALLENGE}-{key}", f"those of {title}")
                    for title, key in challenges.items()
                ),
                (Takes.CHOSEN, "those that are chosen by hand"),
            ]
        )
        return self

    def apart(self) -> Track:
        """What the round judges apart."""
        word, _, number = str(self.takes.data).partition("-")
        return Track(str(self.track.data or ""), Takes(word), int(number) if number else None)

    def rubric(self) -> Rubric:
        """The typed rubric; lines without a label are left out.

        Raises:
            Invalid: a part breaks its rule.
        """
        low, high, step = str(self.scale.data).split()
        lines = [
            (
                str(line["key"] or ""),
                str(line["label"] or ""),
                str(line["weight"] or "1"),
                read_anchors(str(line["anchors"] or "")),
            )
            for line in self.criteria.data
            if str(line["label"] or "").strip()
        ]
        return rules.check_rubric(str(self.name.data), rules.check_scale(low, high, step), lines)


def read_anchors(text: str) -> dict[str, str]:
    """Anchors as typed, one a line: `3: runs on prepared data`."""
    found = {}
    for line in text.splitlines():
        level, colon, words = line.partition(":")
        if colon and words.strip():
            found[level.strip()] = words.strip()
    return found


def usual_round(name: str) -> dict[str, Any]:
    """A form's values to start from."""
    lines = [
        {"label": label, "weight": weight, "anchors": anchors, "key": ""}
        for label, weight, anchors in USUAL
    ]
    return {"name": name, "criteria": lines + [{}] * (ROWS - len(lines))}


def typed_round(found: Round, lines: Sequence[CriterionRow]) -> dict[str, Any]:
    """A round's values as its form shows them."""
    rows = [
        {
            "label": line.label,
            "weight": line.weight,
            "key": line.key,
            "anchors": "\n".join(
                f"{level}: {words}" for level, words in sorted(json.loads(line.anchors).items())
            ),
        }
        for line in lines
    ]
    return {
        "name": found.name,
        "scale": f"{shown(found.low)} {shown(found.high)} {shown(found.step)}",
        "mode": found.mode,
        "rule": found.rule,
        "track": found.track,
        "takes": f"{found.takes}-{found.challenge_id}" if found.challenge_id else found.takes,
        "criteria": rows + [{}] * max(1, ROWS - len(rows)),
    }


class MoveForm(Form):
    """A verb, and why where it matters."""

    verb = SelectField("Step", choices=choices((verb.value, verb.value) for verb in Verb))
    reason = StringField("Reason", [Optional(), Length(max=2000)])


class SeatForm(Form):
    """A judge."""

    email = StringField("E-mail", [DataRequired("Type an address."), Length(max=320)])
    name = StringField("Name", [Optional(), Length(max=200)])
    group_label = StringField("Group", [Optional(), Length(max=80)])


KINDS = (
    (Declared.DECLARED, "Another reason"),
    (Declared.MENTOR, "Mentors the team"),
    (Declared.MANAGER, "Reporting line to a member"),
)


class ConflictForm(Form):
    """Who must not score what, and why."""

    kind = SelectField("Because", choices=choices(KINDS), default=Declared.DECLARED)
    seat = IntegerField("Judge", [Optional()])
    project = IntegerField("Project", [DataRequired("Choose a project.")])
    reason = StringField("Reason", [Optional(), Length(max=2000)])


class LiftForm(Form):
    """Why a conflict holds no more."""

    reason = StringField("Reason", [DataRequired("Say why; it is kept."), Length(max=2000)])


class FinalForm(Form):
    """How many go on, and why these."""

    best = IntegerField("How many go on", [NumberRange(1, 100)])
    name = StringField("Name of the second round", [Optional(), Length(max=200)])
    reason = StringField(
        "Reason", [DataRequired("Say why these; it is kept with the final."), Length(max=2000)]
    )


class LateForm(Form):
    """What becomes of what came late."""

    reason = StringField(
        "Reason", [DataRequired("Say why; it is kept with the decision."), Length(max=2000)]
    )


class LookForm(Form):
    """Why somebody looks at values before the freeze."""

    look = StringField(
        "Reason", [DataRequired("Say why; all organizers will read it."), Length(max=2000)]
    )


class AwardForm(Form):
    """A prize: of a place, or one that people decide."""

    place = SelectField(
        "Prize",
        choices=choices(
            [("", "another prize"), *((str(n), name) for n, name in PLACE_PRIZES.items())]
        ),
        default="",
    )
    name = StringField("Its name", [Optional(), Length(max=80)])
    project = IntegerField("Project", [DataRequired("Choose a project.")])
    reason = StringField("Reason", [DataRequired("Say why; it will be shown."), Length(max=2000)])


class PlaceForm(Form):
    """Who takes a place within a band, and why."""

    place = IntegerField("Place", [NumberRange(1, 1000)], default=1)
    project = IntegerField("Project", [DataRequired("Choose a project.")])
    reason = StringField("Reason", [DataRequired("Say why; it will be shown."), Length(max=2000)])


class RevealForm(Form):
    """How many places are shown one by one."""

    top = IntegerField("Places shown one by one", [NumberRange(0, 1000)], default=3)


class ReopenForm(Form):
    """Why a frozen or final round should be open again."""

    reason = StringField(
        "Reason", [DataRequired("Say why; the second person reads it."), Length(max=2000)]
    )


class VoteForm(Form):
    """A person's vote."""

    round = IntegerField("Round", [DataRequired("The vote is not open.")])
    project = IntegerField("Project", [DataRequired("Choose a project.")])


class CorrectionForm(Form):
    """A score in place of a judge's; an empty one voids."""

    criterion = SelectField("Criterion")
    value = StringField("Score", [Optional(), Length(max=10)])
    reason = StringField(
        "Reason", [DataRequired("Say why; the judge will read it."), Length(max=2000)]
    )


class AwayForm(Form):
    """Why a judge is not asked for projects, in one word and in a sentence."""

    word = SelectField(
        "The judge is",
        choices=choices(
            [("absent", "Absent"), ("busy", "Busy for a while"), ("left", "Leaving for good")]
        ),
    )
    reason = StringField("Reason", [DataRequired("Say why; others read it."), Length(max=2000)])


class CodeForm(Form):
    """The code that a screen shows."""

    code = StringField("The code on the screen", [DataRequired("Type the code."), Length(max=20)])


class PaperForm(Form):
    """The words of a paper sheet, and why somebody else enters it."""

    strength = TextAreaField("A strength", [Length(max=2000)])
    question = TextAreaField("A question", [Length(max=2000)])
    reason = StringField(
        "Reason",
        [DataRequired("Say why; the judge will read it."), Length(max=2000)],
        default="Entered from the paper sheet.",
    )


class PapersForm(Form):
    """Why somebody else enters the sheets of a project; the sheets are read by their names."""

    reason = StringField(
        "Reason",
        [DataRequired("Say why; the judges will read it."), Length(max=2000)],
        default="Entered from the paper sheet.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as `Form`
        super().__init__(*args, **kwargs)
        self.cells: dict[str, str] = {}

    @property
    def seats(self) -> set[int]:
        """The judges at whose sheets somebody should look."""
        return {int(name.split("-")[1]) for name in self.cells}

    def refuse(self, refusal: Refusal) -> None:
        """Also keep what is wrong with each input."""
        super().refuse(refusal)
        cells = refusal.extra.get("cells")
        self.cells = dict(cells) if isinstance(cells, dict) else {}


class PlanForm(Form):
    """What is asked of a plan of visits; the first turn is local in the event's zone."""

    wanted = IntegerField("Judges a project", [NumberRange(1, 20)])
    minutes = IntegerField("Minutes a visit", [NumberRange(1, 120)])
    starts = StringField("First turn", [DataRequired("Say when the first turn begins.")])
    places = TextAreaField("Tables, one a line", [Length(max=20_000)])
    pitch_minutes = IntegerField("Minutes a pitch", [Optional(), NumberRange(1, 60)], default=5)

    def wishes(self, zone: str) -> Wishes:
        """The typed wishes.

        Raises:
            Invalid: no time, or one that does not exist.
        """
        return Wishes(
            wanted=int(self.wanted.data or 0),
            minutes=int(self.minutes.data or 0),
            starts_at=local_instant(str(self.starts.data), zone, field="starts"),
            places=tuple(
                " ".join(line.split())[:60] for line in str(self.places.data or "").splitlines()
            ),
        )


def typed_plan(found: Round, event: Event) -> dict[str, Any]:
    """A plan's form to start from: what holds, else three judges, soon."""
    start = found.visits_start_at
    if start is None:
        soon = max(now(), event.submissions_close_at) + timedelta(minutes=15)
        start = soon.replace(minute=soon.minute // 15 * 15, second=0, microsecond=0)
    return {
        "wanted": found.wanted or rules.USUAL_WANTED,
        "minutes": found.visit_minutes,
        "starts": f"{start.astimezone(zone_of(event.zone)):%Y-%m-%dT%H:%M}",
        "places": "",
        "pitch_minutes": max(1, found.pitch_seconds // 60),
    }
