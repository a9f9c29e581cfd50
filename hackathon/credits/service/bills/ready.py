"""What a source charges to whom: its settings, and its mapping ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from hackathon.credits.queries.bills import (
    RateLine,
    RuleLine,
    TeamOf,
    rates_of,
    rules_of,
    source_named,
)
from hackathon.credits.service.bills.whose import Mapping, Rate, Rule, window_of

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.credits.models import Source

TAG_KEYS = ("team", "project", "application")
CHARGED = ("Usage", "Adjustment")

Version = tuple[int, int, str, str, str, str, str]
"""The newest rule and rate, basis, categories, tag keys, taxes and the teams with credits in
other currencies that a mapping was made of."""


@dataclass(frozen=True)
class Settings:
    """What a source charges and by which tags; the defaults before it is known."""

    basis: str = "billed"
    charged: tuple[str, ...] = CHARGED
    tag_keys: tuple[str, ...] = TAG_KEYS
    appends: bool = False
    shares_taxes: bool = False


def settings_of(source: Source | None) -> Settings:
    """Those of a source."""
    if source is None:
        return Settings()
    return Settings(
        source.basis,
        _split(source.charged),
        _split(source.tag_keys),
        source.delivery == "append",
        source.taxes == "shared",
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


@dataclass(frozen=True)
class Ready:
    """A mapping, of what it was made, and the teams it names."""

    mapping: Mapping
    version: Version
    teams: dict[int, TeamOf]
    rules: list[RuleLine]
    rates: list[RateLine]


def mapping_of(session: Session, source: Source | None) -> Ready:
    """The mapping of a source as it is now; two statements."""
    lines = rules_of(session, source.id if source is not None else None)
    teams = {line.team.team_id: line.team for line in lines if line.team is not None}
    chosen = settings_of(source)
    rules = [
        Rule(r.id, r.kind, r.tag_key, r.value, r.team_id, r.from_day, r.from_hour)
        for r in (line.rule for line in lines)
    ]
    windows = {key: window_of(team.starts_at, team.ends_at) for key, team in teams.items()}
    rates: dict[tuple[date, str], Rate] = {}
    quoted = rates_of(session, source.id) if source is not None else []
    for row in quoted:
        kept = row.rate
        rates.setdefault((kept.period, kept.currency), Rate(kept.id, Decimal(kept.rate)))
    own = frozenset((key, unit) for key, team in teams.items() for unit in team.others)
    made = Mapping(
        rules,
        windows,
        chosen.tag_keys,
        chosen.charged,
        rates,
        shares_taxes=chosen.shares_taxes,
        own=own,
    )
    version = (
        max((rule.id for rule in rules), default=0),
        max((rate.id for rate in rates.values()), default=0),
        chosen.basis,
        ",".join(chosen.charged),
        ",".join(chosen.tag_keys),
        "shared" if chosen.shares_taxes else "excluded",
        ",".join(f"{team}:{unit}" for team, unit in sorted(own)),
    )
    return Ready(made, version, teams, lines, quoted)


@dataclass(frozen=True)
class Wanted:
    """What reading a source's files must keep of them."""

    tag_keys: tuple[str, ...]
    by_hour: tuple[date, ...]
    """Days whose hours matter."""
    appends: bool
    """Whether each file stands for itself."""


def wanted_of(session: Session, name: str) -> Wanted:
    """What a file of this source must be read for."""
    source = source_named(session, " ".join(name.split()))
    chosen = settings_of(source)
    days = mapping_of(session, source).mapping.split_days()
    return Wanted(chosen.tag_keys, tuple(sorted(days)), chosen.appends)
