"""Rubrics: a scale, weighted criteria, words for the levels."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from hackathon.judging.rules.values import Scale, shown
from hackathon.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CRITERIA = 20
MOST_LEVELS = 41
LONGEST_LABEL = 80
LONGEST_ANCHOR = 200

_WORD = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric. `weight` is exact; `anchors` says what a level means."""

    key: str
    label: str
    weight: Decimal
    anchors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rubric:
    """A named scale with its criteria, in the order judges see them."""

    name: str
    scale: Scale
    criteria: tuple[Criterion, ...]

    def share(self, criterion: Criterion) -> str:
        """A criterion's part of the whole, as people read it: `30 %`, `33.3 %`."""
        part = 100 * criterion.weight / sum(line.weight for line in self.criteria)
        return f"{part.quantize(Decimal('0.1')).normalize():f} %"


def as_tenths(value: object, field_name: str) -> int:
    """Tenths of a bound of the scale, given as a number or text."""
    try:
        exact = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or not 0 <= exact <= 100 or exact * 10 != int(exact * 10):  # noqa: PLR2004
        raise Invalid(
            "scale",
            "A scale has numbers from 0 to 100 with at most one decimal.",
            field=field_name,
        )
    return int(exact * 10)


def check_scale(low: object, high: object, step: object) -> Scale:
    """A scale of 2 to 41 steps that ends on its highest value."""
    scale = Scale(as_tenths(low, "min"), as_tenths(high, "max"), as_tenths(step, "step"))
    if scale.step <= 0 or scale.low >= scale.high:
        raise Invalid("scale", "The scale must go up, by a step above zero.", field="max")
    if (scale.high - scale.low) % scale.step:
        raise Invalid("scale", "The steps must end on the highest value.", field="step")
    if (scale.high - scale.low) // scale.step >= MOST_LEVELS:
        raise Invalid("scale", f"At most {MOST_LEVELS} steps, please.", field="step")
    return scale


def check_weight(value: object, where: str) -> Decimal:
    """A weight: above zero, at most 1,000, at most six decimals; exact."""
    try:
        exact = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    scaled = exact * 1_000_000 if exact.is_finite() else Decimal("NaN")
    if not scaled.is_finite() or not 0 < exact <= 1000 or scaled != int(scaled):  # noqa: PLR2004
        raise Invalid("weight", f"The weight of {where} must be a number above 0.", field="weight")
    return exact.normalize()


def weight_text(weight: Decimal) -> str:
    """Exact text of a weight without an exponent: `0.25`, `40`."""
    return f"{weight:f}"


def fold_key(text: str) -> str:
    """A key proposed from a label: `business-value`."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:40].strip("-")


def check_rubric(
    name: str, scale: Scale, criteria: Iterable[tuple[str, str, object, dict[str, str]]]
) -> Rubric:
    """A rubric from what was typed or read: (key, label, weight, anchors) a criterion.

    Raises:
        Invalid: no criteria, two of one key or label, or a part that breaks its rule.
    """
    if not name.strip():
        raise Invalid("name", "Give the round a name.", field="name")
    made = tuple(_check_criterion(scale, *given) for given in criteria)
    if not 1 <= len(made) <= MOST_CRITERIA:
        raise Invalid("criteria", f"A rubric has 1 to {MOST_CRITERIA} criteria.", field="criteria")
    for what in ("key", "label"):
        seen = [getattr(criterion, what).casefold() for criterion in made]
        if len(set(seen)) < len(seen):
            raise Invalid("criteria", f"Two criteria have the same {what}.", field="criteria")
    return Rubric(" ".join(name.split())[:200], scale, made)


def _check_criterion(
    scale: Scale, key: str, label: str, weight: object, anchors: dict[str, str]
) -> Criterion:
    clean = " ".join(label.split())
    if not clean or len(clean) > LONGEST_LABEL:
        raise Invalid(
            "label", f"A criterion has a label of at most {LONGEST_LABEL} characters.",
            field="criteria",
        )  # fmt: skip
    key = key or fold_key(clean)
    if not _WORD.fullmatch(key):
        raise Invalid(
            "criterion_key",
            f"The key of {clean} has lower-case letters, digits, hyphens; at most 40.",
            field="criteria",
        )
    levels = {shown(level) for level in scale.levels()}
    kept = {}
    for level, words in anchors.items():
        if not words.strip():
            continue
        if level not in levels:
            raise Invalid(
                "anchor", f"{clean}: {level} is not a step of the scale.", field="criteria"
            )
        kept[level] = " ".join(words.split())[:LONGEST_ANCHOR]
    return Criterion(key, clean, check_weight(weight, clean), kept)


def read_rubric(text: str) -> Rubric:
    """A rubric from the JSON file of the contract.

    Raises:
        Invalid: not JSON, or a part is missing or wrong.
    """
    try:
        given = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Invalid("rubric", "The rubric is not valid JSON.", field="rubric") from None
    if not isinstance(given, dict) or not isinstance(given.get("criteria"), list):
        raise Invalid("rubric", "A rubric is an object with criteria.", field="rubric")
    scale = check_scale(given.get("min", 1), given.get("max", 5), given.get("step", 1))
    return check_rubric(
        str(given.get("name") or ""), scale, [_read_criterion(entry) for entry in given["criteria"]]
    )


def _read_criterion(entry: Any) -> tuple[str, str, object, dict[str, str]]:  # noqa: ANN401 - parsed JSON
    if not isinstance(entry, dict):
        raise Invalid("rubric", "Each criterion is an object.", field="rubric")
    anchors = entry.get("anchors") or {}
    if not isinstance(anchors, dict):
        raise Invalid("rubric", "Anchors are an object: level to words.", field="rubric")
    return (
        str(entry.get("key") or ""),
        str(entry.get("label") or entry.get("key") or ""),
        entry.get("weight", 1),
        {str(level): str(words) for level, words in anchors.items()},
    )
