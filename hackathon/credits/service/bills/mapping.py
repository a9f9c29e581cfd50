"""Rules: whose costs these are, from a day on. A new rule posts differences at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from hackathon.credits.models import BillCell, BillRule, BillScope, Entry, Snapshot, Source
from hackathon.credits.queries.bills import source_of, stored_of
from hackathon.credits.queries.ledger import standing
from hackathon.credits.rules import Deed
from hackathon.credits.service.bills.book import remap, say_of
from hackathon.credits.service.bills.focus import CATEGORIES, fold
from hackathon.credits.service.bills.reader import HOURS
from hackathon.credits.service.ledger import hold_team, own_event
from hackathon.events.rules import check_reason
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

KINDS = ("account", "tag", "prefix")
LONGEST = 200


class Sign(NamedTuple):
    """What a rule looks for: an account, the value of a tag, or an account's beginning."""

    kind: str
    value: str
    key: str = ""


def add_rule(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    source_id: int,
    sign: Sign,
    team_id: int | None,
    from_day: date | None = None,
    from_hour: int = 0,
    reason: str,
) -> int:
    """Remember whose costs these are and post what that changes; returns the postings.

    Without a team they are nobody's from that day on. With an hour (UTC) only rows that begin
    from then on move; those without one stay with who held the account at 00:00, and bills
    delivered from now on keep the hours of that day.

    Raises:
        NotAllowed: the actor does not organize the event, or the change takes costs from
            a team of another one.
        NotFound: the event has no such source or team.
        Invalid: nothing to compare with, an hour without a day, or no reason.
    """
    source = source_of(session, actor, event_id, source_id)
    lock(session, Source, id=source.id)
    own_event(session, actor, event_id)
    if team_id is not None:
        hold_team(session, event_id, team_id)
    known = _check(sign)
    if not 0 <= from_hour < HOURS or (from_hour and from_day is None):
        raise Invalid("from_hour", "An hour is 0 to 23, of a day.", field="from_hour")
    told = note(session, check_reason(reason))
    rule = BillRule(
        source_id=source.id,
        kind=known.kind,
        tag_key=known.key,
        value=known.value,
        event_id=event_id if team_id is not None else None,
        team_id=team_id,
        from_day=from_day,
        from_hour=from_hour,
        note_id=told["note"],
        made_by_id=actor.person_id,
    )
    session.add(rule)
    session.flush()
    made = remap(session, actor, source)
    say_of(
        session, actor, source, "rule.added", rule=rule.id, team=team_id, postings=made, reason=told
    )
    return made


def _check(sign: Sign) -> Sign:
    if sign.kind not in KINDS:
        raise Invalid("kind", "Choose account, tag or beginning.", field="kind")
    is_tag = sign.kind == "tag"
    key = fold(sign.key) if is_tag else ""
    if is_tag and not key:
        raise Invalid("tag", "Say which tag, such as team.", field="key")
    value = fold(sign.value) if is_tag else sign.value.strip()
    if not (1 <= len(value) <= LONGEST and len(key) <= LONGEST):
        raise Invalid("value", "Say what stands there: 1 to 200 characters.", field="value")
    return Sign(sign.kind, value, key)


def change_source(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    source_id: int,
    basis: str,
    charged: Sequence[str],
    tag_keys: Sequence[str],
    taxes: str = "excluded",
    delivery: str = "overwrite",
) -> int:
    """Set what a source charges to teams, by which tags, and how it delivers; the postings.

    New tag keys count from the next bill on: cells hold the tags that were asked for.

    Raises:
        NotFound: the event has no such source.
        NotAllowed: it was set up elsewhere, or the change reaches another event's teams.
        Invalid: an unknown basis, category, way with taxes or delivery, or no tag key.
        Conflict: deliveries stand side by side that would replace each other.
    """
    source = source_of(session, actor, event_id, source_id)
    lock(session, Source, id=source.id)
    own_event(session, actor, event_id)
    if basis not in {"billed", "effective"}:
        raise Invalid("basis", "Choose billed or effective cost.", field="basis")
    if taxes not in {"excluded", "shared"}:
        raise Invalid("taxes", "Choose what becomes of taxes.", field="taxes")
    known = [word for word in CATEGORIES if word in charged]
    if not known:
        raise Invalid("charged", "Choose at least one category.", field="charged")
    keys = list(dict.fromkeys(fold(key).replace(",", " ") for key in tag_keys if fold(key)))
    if not 1 <= len(keys) <= 10:  # noqa: PLR2004 - said in the message
        raise Invalid("tag_keys", "Name 1 to 10 tag keys.", field="tag_keys")
    source.basis, source.charged, source.tag_keys = basis, ",".join(known), ",".join(keys)
    source.taxes = taxes
    _deliver(session, source, delivery)
    session.flush()
    made = remap(session, actor, source)
    say_of(
        session, actor, source, "source.changed",
        basis=basis, charged=known, tag_keys=keys, taxes=taxes, delivery=delivery, postings=made,
    )  # fmt: skip
    return made


def _deliver(session: Session, source: Source, delivery: str) -> None:
    """Change how a source delivers; the files that came so far become parts, or the whole.

    Raises:
        Invalid: no such way.
        Conflict: several files of a month would have to become one.
    """
    if delivery not in {"overwrite", "append"}:
        raise Invalid("delivery", "Choose how it delivers.", field="delivery")
    if delivery == source.delivery:
        return
    stored = [row for row in stored_of(session, source_id=source.id) if row.source_id == source.id]
    if delivery == "overwrite" and len({row.name[:2] for row in stored}) < len(stored):
        raise Conflict(
            "parts",
            "Several files of one month are booked side by side; a single bill cannot take "
            "their place by itself. Nothing was changed.",
            field="delivery",
        )
    for row in stored:
        part = row.file_name if delivery == "append" else ""
        session.get_one(BillScope, row.scope_id).part = part
    source.delivery = delivery
    session.flush()


def seed_rule(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    before: str,
    after: str,
    day: date,
) -> None:
    """The account of a team's access says whose its costs are, whoever bills them."""
    if before == after:
        return
    for account, holder in ((before, None), (after, team_id)):
        if not account:
            continue
        held = select(BillRule.team_id).where(BillRule.kind == "account", BillRule.value == account)
        newest = session.scalar(held.order_by(BillRule.id.desc()).limit(1))
        if holder is None and newest != team_id:
            continue
        session.add(
            BillRule(
                kind="account",
                value=account,
                event_id=event_id if holder is not None else None,
                team_id=holder,
                from_day=day,
                made_by_id=actor.person_id,
            )
        )
        session.flush()


def remap_currency(
    session: Session, actor: Actor, *, team_id: int, currency: str, grant_id: int
) -> None:
    """Post what a team's first grant in a currency, or the end of its last, changes in bills.

    With credits in it its costs in it are booked in it; without, by their rate or nowhere.
    """
    others = standing(Deed.GRANT).where(
        Entry.team_id == team_id, Entry.currency == currency, Entry.id != grant_id
    )
    if session.scalar(others.with_only_columns(Entry.id).limit(1)) is not None:
        return
    named = select(BillRule.source_id).where(BillRule.team_id == team_id).distinct()
    rules = set(session.scalars(named))
    having = (
        select(BillScope.source_id)
        .join(Snapshot, Snapshot.scope_id == BillScope.id)
        .join(BillCell, BillCell.snapshot_id == Snapshot.id)
        .where(BillCell.currency == currency)
        .distinct()
    )
    _remap(session, actor, [one for one in session.scalars(having) if rules & {one, None}])


def remap_account(session: Session, actor: Actor, accounts: Sequence[str]) -> None:
    """Post what new rules change in sources that have costs of these accounts."""
    having = (
        select(BillScope.source_id)
        .join(Snapshot, Snapshot.scope_id == BillScope.id)
        .join(BillCell, BillCell.snapshot_id == Snapshot.id)
        .where(BillCell.sub_account.in_(list(accounts)))
        .distinct()
    )
    _remap(session, actor, session.scalars(having))


def _remap(session: Session, actor: Actor, sources: Iterable[int]) -> None:
    for source_id in sorted(sources):
        source = lock(session, Source, id=source_id)
        if source is not None and (made := remap(session, actor, source)):
            say_of(session, actor, source, "mapping.applied", postings=made)
