"""Money: whole micro-units of one currency, exact text in and out, never a float."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NewType

from hackathon.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

Micros = NewType("Micros", int)

MICROS = 1_000_000
CENT = Micros(10_000)
LARGEST = Micros(10_000_000 * MICROS)
"""The largest amount one entry may have: 10,000,000 units (research credits 10.49)."""

_PLAIN = re.compile(r"-?\d{1,13}(\.\d+)?", re.ASCII)


def _parse(text: str, field: str, places: int, *, signed: bool, currency: str = "USD") -> Micros:
    clean = text.strip()
    if clean.startswith("$"):
        if currency != "USD":
            raise Invalid(
                "amount", f"This is in {currency}, not in dollars. Type the amount alone.",
                field=field,
            )  # fmt: skip
        clean = clean[1:].strip()
    if clean.upper().endswith(currency):
        clean = clean[: -len(currency)].strip()
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", clean, re.ASCII):
        clean = clean.replace(",", "")
    if not _PLAIN.fullmatch(clean):
        raise Invalid("amount", "Type an amount like 1200 or 49.50.", field=field)
    amount = Decimal(clean) * MICROS
    step = MICROS // 10**places
    if amount % step:
        word = "whole cents" if places == 2 else f"at most {places} decimals"  # noqa: PLR2004
        raise Invalid("amount", f"Amounts have {word}.", field=field)
    if abs(amount) > LARGEST:
        raise Invalid("amount", "An amount is at most 10,000,000.", field=field)
    if not signed and amount <= 0:
        raise Invalid("not_positive", "The amount must be more than zero.", field=field)
    return Micros(int(amount))


def parse_money(
    text: str, field: str = "amount", *, signed: bool = False, currency: str = "USD"
) -> Micros:
    """What a person typed of a currency, in whole cents: `1200`, `$49.50`, `1,200.00 EUR`.

    Raises:
        Invalid: not a plain amount, another currency, fractions of a cent, zero or less
            (unless `signed`), or above 10,000,000.
    """
    return _parse(text, field, 2, signed=signed, currency=currency)


def parse_part(text: str, field: str = "amount", *, currency: str = "USD") -> Micros | None:
    """An amount as `parse_money` reads it; None, all there is, when nothing was typed."""
    return parse_money(text, field, currency=currency) if text.strip() else None


def parse_exact(text: str, field: str = "amount", *, signed: bool = False) -> Micros:
    """An amount from a program: up to six decimals.

    Raises:
        Invalid: as `parse_money`, with six decimals.
    """
    return _parse(text, field, 6, signed=signed)


def exact(amount: Micros) -> str:
    """Exact decimal text without a symbol: `1234.5`, `0`, `-0.000001`."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), MICROS)
    tail = f"{rest:06d}".rstrip("0")
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def number(amount: Micros) -> Decimal:
    """Exact dollars as a number, for a table that adds up."""
    return Decimal(exact(amount))


def money(amount: Micros, currency: str = "USD") -> str:
    """`$1,234.50`, or `1,234.50 EUR`: two decimals, up to six where they are not zero."""
    whole, rest = divmod(abs(amount), MICROS)
    tail = f"{rest:06d}"
    return _of(currency, f"{whole:,}.{tail[:2]}{tail[2:].rstrip('0')}", is_negative=amount < 0)


def cents_money(amount: Micros, currency: str = "USD") -> str:
    """`$1,234.50`: the nearest cent, halves to even, for the figure above exact entries."""
    return money(Micros(int((Decimal(amount) / CENT).to_integral_value()) * CENT), currency)


def whole_money(amount: Micros, currency: str = "USD") -> str:
    """`$1,235`, or `1,235 EUR`: the nearest whole unit, halves to even, for boards."""
    rounded = int((Decimal(abs(amount)) / MICROS).to_integral_value())
    return _of(currency, f"{rounded:,}", is_negative=amount < 0 and rounded > 0)


def _of(currency: str, text: str, *, is_negative: bool) -> str:
    sign = "-" if is_negative else ""
    return f"{sign}${text}" if currency == "USD" else f"{sign}{text} {currency}"


def dollars(amount: Micros) -> str:
    """`$1,234.50`: `money` of the main currency."""
    return money(amount)


def whole_dollars(amount: Micros) -> str:
    """`$1,235`: `whole_money` of the main currency."""
    return whole_money(amount)


def split(total: Micros, weights: Sequence[int]) -> list[Micros]:
    """Share a total of whole cents by weights; the shares add up to it.

    Largest remainder: each share is rounded down, the cents left over go to the
    largest remainders, the earlier first.

    Raises:
        Invalid: no weights, a negative one, or all zero.
    """
    cents, stray = divmod(total, CENT)
    if stray or total < 0:
        raise Invalid("amount", "Only whole cents can be split.", field="amount")
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise Invalid("weights", "There is nobody to split this between.", field="weights")
    shares = [cents * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(cents * weights[i] % whole), i))
    for index in order[: cents - sum(shares)]:
        shares[index] += 1
    return [Micros(share * CENT) for share in shares]
