"""What the tables of judging share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, CheckConstraint, Integer

if TYPE_CHECKING:
    from enum import StrEnum

Receipt = BigInteger().with_variant(Integer, "sqlite")
"""Receipts and device counts are 64-bit on both engines."""


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """A column that holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
