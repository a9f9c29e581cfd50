"""Whose costs a cell is: rules by account, tag and beginning, from an hour on."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from hackathon.credits.rules import CURRENCY, Kind
from hackathon.credits.service.bills.focus import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from hackathon.credits.service.bills.stage import Cell

SETTLING = timedelta(days=10)
"""Costs reach a team until so long after the event; a billing period is closed so long
after its end."""
INVALID = "?"


class Rule(NamedTuple):
    """Whose costs carry this account, tag value or beginning of an account, from a day on."""

    id: int
    kind: str
    key: str
    value: str
    team_id: int | None
    from_day: date | None
    from_hour: int = 0


class Rate(NamedTuple):
    """What one unit of another currency is worth in that of the ledger."""

    id: int
    value: Decimal


class Window(NamedTuple):
    """The days in which costs can be a team's."""

    first: date
    last: date


def window_of(starts_at: datetime, ends_at: datetime) -> Window:
    """From the event's first day (UTC) until it has settled."""
    return Window(starts_at.date(), (ends_at + SETTLING).date())


class Place(NamedTuple):
    """Where a cell goes; `why` says what kept it from a team."""

    holder: Kind | None
    team_id: int | None
    why: str
    conflict: bool


def tags_of(packed: str) -> dict[str, str]:
    """The chosen tags of a cell, by folded key."""
    if not packed or packed == INVALID:
        return {}
    return dict(pair.split("\x1e", 1) for pair in packed.split("\x1f"))


class Mapping:
    """The rules of a source, ready to be asked."""

    def __init__(
        self,
        rules: Iterable[Rule],
        windows: dict[int, Window],
        tag_keys: Sequence[str],
        charged: Iterable[str],
        rates: dict[tuple[date, str], Rate] | None = None,
        *,
        shares_taxes: bool = False,
        own: frozenset[tuple[int, str]] = frozenset(),
    ) -> None:
        self._exact: dict[tuple[str, str, str], list[Rule]] = defaultdict(list)
        self._prefixes: list[Rule] = []
        for rule in sorted(rules, key=lambda rule: (*_since(rule), rule.id), reverse=True):
            if rule.kind == "prefix":
                self._prefixes.append(rule)
            else:
                self._exact[rule.kind, rule.key, rule.value].append(rule)
        self._prefixes.sort(key=lambda rule: -len(rule.value))
        self._windows = windows
        self._keys = [fold(key) for key in tag_keys]
        self._charged = frozenset(charged)
        self.rates = rates or {}
        self.shares_taxes = shares_taxes
        self.own = own
        """Teams with credits in another currency than the main one: their costs in it stay in it."""
        self._known: dict[tuple[str, str, date, int, str, str, date], Place] = {}

    def split_days(self) -> frozenset[date]:
        """Days that something changes hands within, so that their hours matter."""
        known = [rule for rules in self._exact.values() for rule in rules] + self._prefixes
        return frozenset(rule.from_day for rule in known if rule.from_day and rule.from_hour)

    def changes_hands(self, cell: Cell) -> bool:
        """Whether a cell's account is given to another within the cell's day."""
        given = self._exact.get(("account", "", cell.sub_account), [])
        return any(rule.from_hour and rule.from_day == cell.day for rule in given)

    def place(self, cell: Cell) -> Place:
        """Where a cell goes."""
        key = (
            cell.sub_account, cell.tags, cell.day, cell.hour, cell.category, cell.currency,
            cell.period,
        )  # fmt: skip
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._place(cell)
        return found

    def _place(self, cell: Cell) -> Place:
        if cell.category not in self._charged:
            return Place(Kind.EXCLUDED, None, cell.category, conflict=False)
        found = self._whose(cell)
        needs_rate = cell.currency != CURRENCY and (found.team_id, cell.currency) not in self.own
        if needs_rate and (cell.period, cell.currency) not in self.rates:
            return Place(Kind.UNALLOCATED, None, f"billed in {cell.currency}", conflict=False)
        return found

    def _whose(self, cell: Cell) -> Place:
        said = [rule for rule in self._candidates(cell) if rule is not None]
        if not said:
            why = "no account or tag" if not (cell.sub_account or cell.tags) else "no rule for it"
            why = "tags cannot be read" if cell.tags == INVALID else why
            return Place(Kind.UNALLOCATED, None, why, conflict=False)
        first = said[0]
        conflict = any(rule.team_id != first.team_id for rule in said[1:])
        if first.team_id is None:
            return Place(Kind.UNALLOCATED, None, "nobody's by rule", conflict=conflict)
        window = self._windows[first.team_id]
        if not window.first <= cell.day <= window.last:
            return Place(Kind.UNALLOCATED, None, "outside the event's days", conflict=conflict)
        return Place(None, first.team_id, "", conflict=conflict)

    def _candidates(self, cell: Cell) -> list[Rule | None]:
        """What account, tags in their order, and the longest prefix say."""
        tags = tags_of(cell.tags)
        named = [("account", "", cell.sub_account)] if cell.sub_account else []
        named += [("tag", key, fold(tags[key])) for key in self._keys if key in tags]
        moment = (cell.day, cell.hour)
        said = [_at(self._exact.get(name, []), moment) for name in named]
        if not any(said):
            fits = [r for r in self._prefixes if cell.sub_account.startswith(r.value)]
            said.append(_at(fits, moment))
        return said


def _since(rule: Rule) -> tuple[date, int]:
    return rule.from_day or date.min, rule.from_hour


def _at(rules: Sequence[Rule], moment: tuple[date, int]) -> Rule | None:
    """The rule in force at an hour; the newest come first."""
    return next((rule for rule in rules if _since(rule) <= moment), None)
