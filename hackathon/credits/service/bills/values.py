"""What the texts of a bill's rows mean, each distinct one asked once.

Rows repeat themselves: few accounts and services, 720 hours a month, the same tags again and
again. So a row becomes three numbers, of its charge, its period and its pick of tags, and
three costs.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hackathon.credits.service.bills import focus
from hackathon.credits.service.bills.focus import RowWrong

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

MOST_KNOWN = 5_000
"""Distinct texts remembered of a kind."""
LONGEST_KNOWN = 2_000
"""Characters of a text that is remembered."""
MOST_CHARACTERS = 200_000
"""Characters of costs remembered a column."""
MOST_NUMBERS = 10_000
"""Numbers given of a kind before all are forgotten."""
MOST_WARNINGS = 50
MOST_TAG_KEYS = 200
"""Enough to choose from."""
HOURS = 24
LONG = timedelta(days=1)
"""A charge for longer than a day, such as a month's fee, says nothing about what came in by now."""
INVALID = "?"
"""Stands for tags that could not be read."""
DIGITS = b"0123456789.-"
SHORT = 30
"""Digits that no `focus.amount` finds too small or too many."""
BEYOND = Decimal("1e13")
"""What it finds too large."""
CHARGED = (
    "BillingAccountId", "BillingPeriodStart", "BillingCurrency", "ChargeCategory", "ChargeClass",
    "ChargeFrequency", "ServiceProviderName", "ProviderName", "ServiceName", "SubAccountId",
)  # fmt: skip
"""The columns a charge is made of."""
PERIOD = ("ChargePeriodStart", "ChargePeriodEnd")
COSTS = ("BilledCost", "EffectiveCost", "ListCost")

Texts = tuple[str, ...]
K = TypeVar("K")


class Memo(dict[Texts, int]):
    """Remembers the number a function gave some texts; forgets all when there are too many."""

    def __init__(self, work: Callable[[Texts], int]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, key: Texts) -> int:
        """Ask once."""
        found = self._work(key)
        if sum(map(len, key)) <= LONGEST_KNOWN:
            if len(self) >= MOST_KNOWN:
                self.clear()
            self[key] = found
        return found


class Numbers(dict[K, int], Generic[K]):
    """Gives each new key the next number."""

    def __missing__(self, key: K) -> int:
        """The next number."""
        found = self[key] = len(self)
        return found


class Charge(NamedTuple):
    """What rows are charged for, and to whom."""

    account: str
    period: date
    """First day of the billing period."""
    currency: str
    category: str
    class_: str
    provider: str
    service: str
    sub_account: str


class Period(NamedTuple):
    """When rows are charged for."""

    slot: int
    """Day and hour as a number; the hour only of days that keep it."""
    end: datetime
    is_long: bool


class Values:
    """Numbers charges, periods and picks of tags.

    The numbers hold until `forget`; whoever keeps them asks `is_full` now and then.
    """

    def __init__(self, tag_keys: Sequence[str], by_hour: Collection[date]) -> None:
        self._by_hour = frozenset(day.toordinal() for day in by_hour)
        self._wanted = [focus.fold(key) for key in tag_keys]
        self.warnings: dict[str, None] = {}
        self.tag_keys: set[str] = set()
        self.charges: Numbers[Charge] = Numbers()
        self.periods: Numbers[Period] = Numbers()
        self.picks: Numbers[str] = Numbers()
        self._memos: list[Memo] = []
        self.charge_of = self.memo(self._read_charge)
        self.period_of = self.memo(self._read_period)
        self.pick_of = self.memo(self._read_tags)

    def memo(self, work: Callable[[Texts], int]) -> Memo:
        """Remember numbers as long as they hold."""
        made = Memo(work)
        self._memos.append(made)
        return made

    def is_full(self) -> bool:
        """Whether so many numbers were given that it is time to forget them."""
        return max(len(self.charges), len(self.periods), len(self.picks)) > MOST_NUMBERS

    def forget(self) -> None:
        """Begin to number anew."""
        for numbers in (self.charges, self.periods, self.picks):
            numbers.clear()
        for memo in self._memos:
            memo.clear()

    def warn(self, sentence: str) -> None:
        """Say something once."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.setdefault(sentence)

    def _moment(self, value: str, column: str) -> datetime:
        found, said = focus.moment(value, column)
        if not said:
            self.warn("Times do not say their zone as the standard wants; they are read as UTC.")
        return found

    def _read_charge(self, values: Texts) -> int:
        account, period, unit, category, class_, frequency, *names = values
        provider = focus.text(names[0]) or focus.text(names[1])
        if not focus.text(account):
            raise RowWrong("BillingAccountId is empty")
        kind, spelled = focus.one_of(category, focus.CATEGORIES)
        if not kind:
            raise RowWrong("ChargeCategory is empty")
        often, spelled_too = focus.one_of(frequency, focus.FREQUENCIES)
        if not (spelled and spelled_too):
            self.warn(f"Words are spelled otherwise, such as {often if spelled else category}.")
        if kind not in focus.CATEGORIES:
            self.warn(f"The category {kind} is not known; its rows are kept off teams.")
        made = Charge(
            focus.text(account)[:200],
            self._moment(period, "BillingPeriodStart").date(),
            focus.currency(unit),
            kind,
            focus.one_of(class_, ("Correction",))[0],
            provider[:100],
            focus.text(names[2])[:100],
            focus.text(names[3])[:200],
        )
        return self.charges[made]

    def _read_period(self, values: Texts) -> int:
        start = self._moment(values[0], PERIOD[0])
        try:
            end = self._moment(values[1], PERIOD[1])
        except RowWrong:
            end = start
        if end <= start:
            self.warn("Some charges end before they begin; the day they begin counts.")
            end = start
        day = start.toordinal()
        slot = day * HOURS + (start.hour if day in self._by_hour else 0)
        return self.periods[Period(slot, end, end - start > LONG)]

    def _read_tags(self, values: Texts) -> int:
        found = focus.tags(values[0])
        if found is None:
            self.warn("Some tags cannot be read; those rows count as untagged.")
            return self.picks[INVALID]
        if len(self.tag_keys) < MOST_TAG_KEYS:
            self.tag_keys.update(found)
        return self.picks[
            "\x1f".join(f"{key}\x1e{found[key]}" for key in self._wanted if key in found)
        ]


class Amounts:
    """Reads a column of costs; each text once, plain digits many at once."""

    def __init__(self, name: str, unpacked: Callable[[str], str] = str) -> None:
        self._name, self._unpacked = name, unpacked
        self._known: dict[str, Decimal] = {}
        self._characters = 0

    def of(self, column: Sequence[str]) -> list[Decimal]:
        """The exact costs.

        Raises:
            RowWrong: at least one is none.
        """
        texts = set(column)
        new = texts.difference(self._known)
        if new:
            if self._characters > MOST_CHARACTERS:
                self._known.clear()
                self._characters, new = 0, texts
            self._known.update(_plain(new) or self._read(new))
            self._characters += sum(map(len, new))
        return list(map(self._known.__getitem__, column))

    def _read(self, texts: Iterable[str]) -> dict[str, Decimal]:
        unpacked = {text: self._unpacked(text) for text in texts}
        plain = _plain(set(unpacked.values()))
        if plain is not None:
            return {text: plain[value] for text, value in unpacked.items()}
        required = self._name == COSTS[0]
        return {
            text: focus.amount(value, self._name, required=required)
            for text, value in unpacked.items()
        }


def _plain(texts: set[str]) -> dict[str, Decimal] | None:
    """What plain digits say; None where `focus.amount` must look."""
    if "".join(texts).encode().translate(None, DIGITS) or max(map(len, texts)) > SHORT:
        return None
    try:
        known = dict(zip(texts, map(Decimal, texts), strict=True))
    except ArithmeticError:  # an empty one, or 1.2.3
        return None
    found = known.values()
    return known if min(found) > -BEYOND and max(found) < BEYOND else None
