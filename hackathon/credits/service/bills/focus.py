"""FOCUS 1.0 to 1.4: which columns a bill has, and what its values mean (research credits 4)."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from hackathon.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

NEEDED = (
    "BilledCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "ChargePeriodStart",
    "ChargeCategory",
    "BillingAccountId",
)
MANDATORY = (
    *NEEDED,
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "BillingPeriodEnd",
    "ChargePeriodEnd",
    "ServiceName",
)
"""Names the standard demands and this program looks at; one missing is a warning."""
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
FREQUENCIES = ("One-Time", "Recurring", "Usage-Based")
NULLS = frozenset({"", "NULL", "null", "Null"})
LONGEST_NUMBER = 60
_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

FOREIGN = (
    (
        ("lineitem/referenceno", "cost/mycost", "lineitem/tenantid"),
        "an OCI cost report",
        "In Oracle Cloud choose the FOCUS reports instead (Billing, Cost and usage reports, FOCUS).",
    ),
    (
        ("lineitem/unblendedcost", "line_item_unblended_cost", "identity/lineitemid"),
        "an AWS Cost and Usage Report",
        "In AWS Data Exports make an export of the table FOCUS 1.0 with AWS columns.",
    ),
    (
        ("costinbillingcurrency", "pretaxcost", "subscriptionguid", "metercategory", "meterid"),
        "an Azure EA or actual-cost export",
        "In Azure Cost Management make an export of the kind Cost and usage details (FOCUS).",
    ),
    (
        ("usage_start_time", "billing_account_id", "cost_type", "project.id"),
        "a Google Cloud billing export",
        "Query the FOCUS view of the BigQuery billing export and save it as CSV.",
    ),
)


class RowWrong(Exception):  # noqa: N818 - reads as what it is
    """This row cannot be booked; the text says why."""


@dataclass(frozen=True)
class Layout:
    """Where the columns of a file are; -1 for those it lacks."""

    width: int
    version: str
    at: dict[str, int]
    beside: frozenset[int]
    """Columns that say what others say already, such as an account's name beside its number."""
    warnings: tuple[str, ...]


READ = (
    *MANDATORY,
    "ChargeClass",
    "ChargeFrequency",
    "SubAccountId",
    "ServiceProviderName",
    "ProviderName",
    "Tags",
)
BESIDE = frozenset(
    name.casefold()
    for name in (
        "BillingAccountName", "BillingAccountType", "BillingPeriodEnd", "PublisherName",
        "ServiceCategory", "ServiceSubcategory", "SubAccountName", "SubAccountType",
    )
)  # fmt: skip


def layout_of(header: Sequence[str]) -> Layout:
    """Find the columns of a FOCUS file.

    Raises:
        Invalid: another kind of export (with a hint), a column twice, or one missing.
    """
    names = [name.strip() for name in header]
    folded = [name.casefold() for name in names]
    _check_kind(names, folded)
    times = Counter(folded)
    twice = sorted({name for name in names if name and times[name.casefold()] > 1})
    if twice:
        raise _unusable(f"Line 1 names the column {twice[0]} twice.")
    exact = {name: index for index, name in enumerate(header)}
    loose = {name: index for index, name in enumerate(folded)}
    at = {name: exact.get(name, loose.get(name.casefold(), -1)) for name in READ}
    missing = [name for name in NEEDED if at[name] < 0]
    if at["ServiceProviderName"] < 0 and at["ProviderName"] < 0:
        missing.append("ProviderName or ServiceProviderName")
    if missing:
        raise _unusable(f"The columns {', '.join(missing)} are missing.")
    warnings = []
    respelled = [name for name in READ if at[name] >= 0 and name not in exact]
    if respelled:
        warnings.append(f"Column names are spelled otherwise: {', '.join(respelled)}.")
    absent = [name for name in MANDATORY if at[name] < 0]
    if absent:
        warnings.append(f"Columns the standard demands are missing: {', '.join(absent)}.")
    beside = frozenset(index for index, name in enumerate(folded) if name in BESIDE)
    return Layout(len(header), _version(set(folded)), at, beside, tuple(warnings))


def _unusable(why: str) -> Invalid:
    return Invalid("not_focus", f"{why} Nothing was imported.", field="file")


def _check_kind(names: Sequence[str], folded: Sequence[str]) -> None:
    """Say what it is instead, and how to get a FOCUS file."""
    if len(names) == 1:
        for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if names[0].count(sign) > 3:  # noqa: PLR2004 - more than any name has
                raise _unusable(f"The columns are separated by {word}; FOCUS files use commas.")
    have = set(folded)
    if {"billedcost", "chargeperiodstart"} <= have:
        return
    for signs, kind, hint in FOREIGN:
        if sum(sign in have for sign in signs) >= (1 if "/" in signs[0] else 2):
            raise _unusable(f"This is {kind}, not a FOCUS bill. {hint}")
    if any(_NUMBER.fullmatch(name) for name in names):
        raise _unusable("The first line has no column names.")


def _version(have: set[str]) -> str:
    if "providername" not in have:
        return "1.4"
    if "serviceprovidername" in have:
        return "1.3"
    if have & {"invoiceid", "pricingcurrency"}:
        return "1.2"
    if have & {"skumeter", "servicesubcategory"}:
        return "1.1"
    return "1.0"


def text(value: str) -> str:
    """A value without its spaces; the nulls of every exporter are empty."""
    clean = value.strip()
    return "" if clean in NULLS else clean


def amount(value: str, column: str, *, required: bool = False) -> Decimal:
    """An exact decimal, plain or with an exponent; null is zero unless required.

    Raises:
        RowWrong: thousands separators, symbols, NaN, or nothing where a cost is due.
    """
    clean = text(value)
    if not clean:
        if required:
            raise RowWrong(f"{column} is empty")
        return Decimal(0)
    if len(clean) > LONGEST_NUMBER or not _NUMBER.fullmatch(clean):
        raise RowWrong(f"{column} is not a plain number: {clean[:40]}")
    try:
        found = Decimal(clean)
    except InvalidOperation:  # an exponent nobody pays
        raise RowWrong(f"{column} is not a plain number: {clean[:40]}") from None
    if found and not -30 <= found.adjusted() <= 12:  # noqa: PLR2004 - a trillion, a quintillionth
        raise RowWrong(f"{column} is out of range: {clean[:40]}")
    return found


def moment(value: str, column: str) -> tuple[datetime, bool]:
    """An instant in UTC, and whether it said so; without a zone it is UTC.

    Raises:
        RowWrong: no such moment.
    """
    clean = text(value)
    try:
        found = datetime.fromisoformat(clean)
    except ValueError:
        raise RowWrong(f"{column} is not a moment: {clean[:40] or 'empty'}") from None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC), False
    try:
        return found.astimezone(UTC), "T" in clean
    except OverflowError:
        raise RowWrong(f"{column} is not a moment: {clean[:40]}") from None


def currency(value: str) -> str:
    """Three capital letters.

    Raises:
        RowWrong: anything else.
    """
    clean = text(value).upper()
    if not _CURRENCY.fullmatch(clean):
        raise RowWrong(f"BillingCurrency is not three letters: {clean[:20] or 'empty'}")
    return clean


def one_of(value: str, known: Sequence[str]) -> tuple[str, bool]:
    """The known spelling of a word, and whether it was spelled so; unknown words stay."""
    clean = text(value)
    if clean in known or not clean:
        return clean, True
    folded = clean.casefold()
    for word in known:
        if word.casefold() == folded:
            return word, False
    return clean[:60], True


def fold(key: str) -> str:
    """A tag's key or value as it is compared: `" Team "`, `team` and `TEAM` are one."""
    return " ".join(key.split()).casefold()


def tags(value: str) -> dict[str, str] | None:
    """The tags of a row by folded key; None when they are not readable.

    Takes a JSON object, a list of pairs, or a list of objects with key and value.
    """
    clean = text(value)
    if not clean:
        return {}
    try:
        found = json.loads(clean)
    except (ValueError, RecursionError):
        return None
    pairs: list[tuple[object, object]] = []
    if isinstance(found, dict):
        pairs = list(found.items())
    elif isinstance(found, list):
        for item in found:
            if isinstance(item, dict) and {"key", "value"} <= item.keys():
                pairs.append((item["key"], item["value"]))
            elif isinstance(item, list) and len(item) == 2:  # noqa: PLR2004 - a pair
                pairs.append((item[0], item[1]))
            else:
                return None
    else:
        return None
    named: dict[str, str] = {}
    for key, held in pairs:
        if (said := _tag_text(held)) and isinstance(key, str):
            named.setdefault(fold(key), said)
    return named


def _tag_text(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (str, int, float)):
        return " ".join(str(value).split())[:200]
    return ""


def plain(number: Decimal) -> str:
    """The one text of an exact decimal: `-1.5`, `0`, never an exponent."""
    if not number:
        return "0"
    shown = f"{number:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
