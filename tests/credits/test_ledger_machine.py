"""The 18 properties of the ledger under any order of deeds (research credits, section 5)."""

import gzip
import random
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from bills import bring, focus
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from make import cents, give_site_role, make_event, make_person, make_team
from sqlalchemy.orm import aliased

from hackathon.credits import metrics
from hackathon.credits.models import Account, Booking, Crossing, Entry, Hold, Posting, Source
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.rules import State
from hackathon.credits.service import (
    budgets,
    grants,
    holds,
    plan,
    requests,
    reversals,
    spend,
    states,
    tokens,
)
from hackathon.credits.service.bills.look import whole_of
from hackathon.credits.service.bills.mapping import Sign, add_rule, remap_currency
from hackathon.credits.service.bills.share import rounded
from hackathon.people.access import load_actor
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Refusal
from hackathon.shared.money import CENT

BUDGET = cents(5000)
money = st.integers(1, 150_000).map(lambda count: count * 10_000)
which = st.integers(0, 2)
UNITS = ("USD", "EUR")
units = st.sampled_from(UNITS)
KINDS = ("available", "held", "spent", "overrun")
costs = st.decimals(-60, 240, places=9).map(lambda value: f"{value:f}")
billed = st.lists(
    st.tuples(
        costs, st.sampled_from(["t0", "t1", "t2", "nobody"]), st.sampled_from(["USD", "EUR"])
    ),
    min_size=1,
    max_size=4,
)
TAMPERING = (
    "UPDATE entries SET amount = 1",
    "DELETE FROM postings",
    "UPDATE bill_bookings SET amount = 1",
    "DELETE FROM bill_cells",
    "UPDATE crossings SET threshold = 1",
    "UPDATE accounts SET name = 'x'",
    "DELETE FROM accounts",
    "UPDATE holds SET amount = 1",
)
PROVED = {
    1: "currencies_are_whole_and_apart", 2: "every_entry_is_complete", 3: "the_ledger_is_whole",
    4: "the_ledger_is_whole", 5: "the_ledger_is_whole", 6: "the_ledger_is_whole", 7: "replay",
    8: "bill", 9: "the_newest_bill_is_what_is_booked", 10: "the_newest_bill_is_what_is_booked",
    11: "every_cent_is_placed", 12: "tamper", 13: "reverse", 14: "void", 15: "levels_are_once",
    16: "currencies_are_whole_and_apart", 17: "hold", 18: "hold_until_empty",
}  # fmt: skip
"""Which rule or invariant of the machine proves which property."""


class Ledger(RuleBasedStateMachine):
    """A quarter, an event, three teams, and a model in four plain numbers a currency."""

    @initialize()
    def begin(self):
        """A fresh event and quarter in the database of the test."""
        with transaction() as session:
            event = make_event(session)
            event.quarter = f"{2000 + event.id}-Q1"
            event.ends_at = now() + timedelta(days=9)
            people = [make_person(session) for _ in range(2)]
            for person in people:
                give_site_role(session, person, "program_lead")
            self.people = [load_actor(session, person.id) for person in people]
            self.event_id = event.id
            self.teams = [make_team(session, event.id).id for _ in range(3)]
            for unit in UNITS:
                plan.plan_budget(
                    session, COMMAND_LINE, quarter=event.quarter, amount=BUDGET, currency=unit
                )
            self.tokens = [
                tokens.make_token(
                    session, COMMAND_LINE, event_id=event.id, team_id=team, name="Machine"
                )[0].id
                for team in self.teams
            ]
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.source = f"Cloud {self.event_id}"
        self.head = {"BillingAccountId": self.source, "SubAccountId": "nobody", "BilledCost": "0"}
        bring(self.folder, focus(self.head), self.source)
        self.source_id = reading().scalar(sa.select(Source.id).where(Source.name == self.source))
        reading().rollback()
        with transaction() as session:
            for number, team in enumerate(self.teams):
                add_rule(
                    session, COMMAND_LINE, event_id=self.event_id, source_id=self.source_id,
                    sign=Sign("account", f"t{number}"), team_id=team, reason="Theirs",
                )  # fmt: skip
        self.rows = []
        self.billed = {unit: [0, 0, 0] for unit in UNITS}
        self.held = {}
        self.states = ["open"] * 3
        self.funded = dict.fromkeys(UNITS, 0)
        self.granted = {unit: [0, 0, 0] for unit in UNITS}
        self.spent = {unit: [0, 0, 0] for unit in UNITS}
        self.euros = [set(), set(), set()]
        self.keys = {}
        self.entries = []
        self.count = 0
        self.past = {}
        self.fund(cents(2000), "EUR")

    def do(self, verb, **more):
        """Run a deed; a refusal must leave every balance as it was."""
        before = self.balances()
        key = f"{self.event_id}-{len(self.keys)}"
        try:
            with transaction() as session:
                made = verb(session, COMMAND_LINE, event_id=self.event_id, key=key, **more)
        except Refusal:
            assert self.balances() == before
            return None
        self.keys[key] = (verb, more, made)
        return made

    def balances(self):
        """Every balance by name."""
        names = [self.pool(unit) for unit in UNITS]
        names += [account(k, t, unit) for k in KINDS for t in self.teams for unit in UNITS]
        rows = reading().execute(
            sa.select(Account.name, Account.balance).where(
                Account.name.in_(names) | Account.quarter_id.is_not(None)
            )
        )
        found = dict.fromkeys(names, 0) | dict(rows.all())
        reading().rollback()
        return found

    def pool(self, unit):
        """The name of the pool of a currency."""
        return account("pool", self.event_id, unit)

    def net(self, team, unit):
        """available, held, spent, overrun of a team in a currency."""
        found = self.balances()
        return [found[account(k, self.teams[team], unit)] for k in KINDS]

    def settle(self, team, before):
        """What the pools paid for a closed team counts as granted to it; what they got, not."""
        now_ = self.balances()
        for unit in UNITS:
            self.granted[unit][team] += before[self.pool(unit)] - now_[self.pool(unit)]

    def rest(self, unit):
        """What a pool should hold."""
        return self.funded[unit] - sum(self.granted[unit])

    def owed(self, team, unit):
        """What bills should have booked of a team: euros only of who has credits in them."""
        if unit == "EUR" and not self.euros[team]:
            return 0
        rows = (Decimal(c) for c, a, u in self.rows if a == f"t{team}" and u == unit)
        return rounded(sum(rows, Decimal()))

    def rebill(self, before):
        """Take over what the bills are now booked as; what pools paid for closed teams, too."""
        for unit in UNITS:
            totals = [self.owed(team, unit) for team in range(3)]
            paid = before[self.pool(unit)] - self.balances()[self.pool(unit)]
            for team, total in enumerate(totals):
                self.spent[unit][team] += total - self.billed[unit][team]
            self.billed[unit] = totals
            self.paid(paid, unit)

    def euros_change(self, entry, team, *, has):
        """A grant in euros came or went: bills follow, as the job behind the facts has it."""
        if entry.currency != "EUR":
            return
        (self.euros[team].add if has else self.euros[team].discard)(entry.id)
        before = self.balances()
        with transaction() as session:
            remap_currency(
                session, COMMAND_LINE, team_id=self.teams[team], currency="EUR", grant_id=entry.id
            )
        self.rebill(before)

    @rule(amount=money, unit=units)
    def fund(self, amount, unit):
        """Granted while it fits the budget, refused when it does not."""
        made = self.do(budgets.fund, amount=amount, currency=unit)
        assert (made is not None) == (self.funded[unit] + amount <= BUDGET)
        if made:
            self.funded[unit] += amount
            self.entries.append((made, -1))

    @rule(team=which, amount=money, unit=units)
    def grant(self, team, amount, unit):
        """Granted while it fits the pool, refused when it does not."""
        rest = self.rest(unit)
        made = self.do(
            grants.grant, team_id=self.teams[team], amount=amount, reason="Because", currency=unit
        )
        assert (made is not None) == (amount <= rest and self.states[team] != "closed")
        if made:
            self.granted[unit][team] += amount
            self.entries.append((made, team))
            self.euros_change(made, team, has=True)

    @rule(unit=units)
    def split(self, unit):
        """All of the pool goes out, to the cent; a fraction of a cent that bills left stays."""
        rest = self.rest(unit)
        made = self.do(grants.split_pool, amount=None, reason="Because", currency=unit)
        assert (made is not None) == (rest >= CENT and set(self.states) != {"closed"})
        for entry in made or []:
            team = self.teams.index(entry.team_id)
            self.granted[unit][team] += entry.amount
            self.entries.append((entry, team))
        for entry in made or []:
            self.euros_change(entry, self.teams.index(entry.team_id), has=True)

    @rule(team=which, amount=money, unit=units)
    def charge(self, team, amount, unit):
        """Never refused; holds of its source end up to it, and the pool pays for the closed."""
        before = self.balances()
        made = self.do(
            spend.record_charge, team_id=self.teams[team], source="AWS", amount=amount,
            currency=unit,
        )  # fmt: skip
        self.spent[unit][team] += amount
        self.entries.append((made, team))
        self.settle(team, before)
        self.levels_are_there(team, unit)
        left = amount
        for hold_id, held in sorted(self.held.items()):
            if held[0] == team and held[2] == unit and held[1] <= left:
                left -= held[1]
                del self.held[hold_id]

    @rule(team=which, amount=money, unit=units)
    def hold(self, team, amount, unit):
        """Held while it fits and the credits are open (properties 14, 17, 18)."""
        available = self.net(team, unit)[0]
        key = f"hold-{len(self.keys)}-{len(self.held)}-{amount}-{team}-{unit}"
        before = self.balances()
        try:
            with transaction() as session:
                made, replay = holds.make_hold(
                    session, token_id=self.tokens[team], key=key, amount=amount, source="aws",
                    currency=unit,
                )  # fmt: skip
        except Refusal:
            assert amount > available or self.states[team] != "open"
            assert self.balances() == before
            return
        if replay:
            assert self.balances() == before
            return
        assert amount <= available
        assert self.states[team] == "open"
        self.held[made.id] = (team, amount, unit)

    @rule(rows=billed, chance=st.randoms(use_true_random=False))
    def bill(self, rows, chance):
        """Booked as it differs; the same rows in any order and packing post nothing (8, 9, 16)."""
        before = self.balances()
        made = [
            {**self.head, "BilledCost": cost, "SubAccountId": account, "BillingCurrency": unit}
            for cost, account, unit in rows
        ]
        bring(self.folder, focus(self.head, *made), self.source)
        self.rows = rows
        self.rebill(before)
        shuffled = [self.head, *made]
        random.Random(chance.random()).shuffle(shuffled)
        now_ = self.balances()
        data = focus(*shuffled)
        for packed in (data, gzip.compress(data)):
            assert bring(self.folder, packed, self.source).postings == 0
        assert self.balances() == now_
        self.the_newest_bill_is_what_is_booked()
        self.every_cent_is_placed()

    @rule(team=which, cost=costs)
    def first_euros(self, team, cost):
        """Costs in euros follow a team's first credits in them, and leave with its last (9, 16)."""
        self.bill([(cost, f"t{team}", "EUR")], random.Random(team))
        self.grant(team, cents(300), "EUR")
        self.the_newest_bill_is_what_is_booked()

    def levels_are_there(self, team, unit):
        """What spend and holds have reached is written with the charge that reached it (15)."""
        if self.states[team] == "closed":
            return
        _, held, spent, _ = self.net(team, unit)
        granted = self.granted[unit][team]
        wanted = metrics.reached(spent=spent, held=held, granted=granted, projected=None)
        limit = sa.select(sa.func.max(Entry.id)).where(
            Entry.team_id == self.teams[team], Entry.deed == "grant", Entry.currency == unit
        )
        rows = sa.select(Crossing.basis, Crossing.threshold).where(
            Crossing.team_id == self.teams[team],
            Crossing.currency == unit,
            Crossing.limit_entry_id == (reading().scalar(limit) or 0),
        )
        assert set(wanted) <= {tuple(row) for row in reading().execute(rows)}
        reading().rollback()

    @rule(data=st.data())
    def look_back(self, data):
        """The balances of any past moment are the postings until then (3)."""
        now_ = reading().scalar(sa.select(sa.func.max(Posting.id))) or 0
        reading().rollback()
        self.past.setdefault(now_, self.balances())
        moment = data.draw(st.sampled_from(sorted(self.past)))
        moved = dict.fromkeys(self.past[moment], 0)
        ends = sa.select(Account.name, Posting.amount).where(Posting.id <= moment)
        for column, sign in ((Posting.from_id, -1), (Posting.to_id, 1)):
            for name, amount in reading().execute(ends.join(Account, Account.id == column)):
                if name in moved:
                    moved[name] += sign * amount
        assert moved == self.past[moment]
        reading().rollback()

    def paid(self, paid, unit):
        """What the pool paid for closed teams counts as granted to them."""
        for team in range(3):
            if self.states[team] == "closed":
                more = sum(self.net(team, unit)) - self.granted[unit][team]
                self.granted[unit][team] += more
                paid -= more
        assert paid == 0

    @rule(statement=st.sampled_from(TAMPERING))
    def tamper(self, statement):
        """No change and no deletion succeeds (12)."""
        before = self.balances()
        table = statement.split()[2 if statement.startswith("DELETE") else 1]
        reading().rollback()
        if not reading().scalar(sa.text(f"SELECT count(*) FROM {table}")):
            return
        with pytest.raises(sa.exc.DBAPIError), transaction() as session:
            session.execute(sa.text(statement))
        assert self.balances() == before

    @rule(team=which, part=st.integers(2, 9), unit=units)
    def hold_until_empty(self, team, part, unit):
        """As many holds of one amount go through as fit, no more (18)."""
        available = self.net(team, unit)[0]
        amount = available // part
        if self.states[team] != "open" or not amount:
            return
        made = []
        for number in range(part + 2):
            try:
                with transaction() as session:
                    kept, _ = holds.make_hold(
                        session, token_id=self.tokens[team], amount=amount, source="Azure",
                        key=f"all-{len(self.keys)}-{self.count}-{number}", currency=unit,
                    )  # fmt: skip
                made.append(kept.id)
            except Refusal:
                break
        self.count += 1
        assert len(made) == available // amount
        for hold_id in made:
            with transaction() as session:
                holds.void(session, token_id=self.tokens[team], hold_id=hold_id)

    @rule(data=st.data(), share=st.integers(0, 150))
    def capture(self, data, share):
        """A part, all, or more than was held; once, and again it changes nothing."""
        if not self.held:
            return
        hold_id = data.draw(st.sampled_from(sorted(self.held)))
        team, amount, unit = self.held.pop(hold_id)
        used = amount * share // 100
        again = []
        for _ in range(2):
            with transaction() as session:
                _, made, _ = holds.capture(
                    session, token_id=self.tokens[team], hold_id=hold_id, amount=used
                )
            again.append((made and made.id, self.balances()))
        assert again[0] == again[1]
        self.spent[unit][team] += used
        if made:
            self.entries.append((made, team))
        with pytest.raises(Conflict), transaction() as session:
            holds.capture(session, token_id=self.tokens[team], hold_id=hold_id, amount=used + 1)
        with pytest.raises(Conflict), transaction() as session:
            holds.void(session, token_id=self.tokens[team], hold_id=hold_id)

    @rule(data=st.data())
    def void(self, data):
        """Its money is available again, once."""
        if not self.held:
            return
        hold_id = data.draw(st.sampled_from(sorted(self.held)))
        team, *_ = self.held.pop(hold_id)
        for was_over in (False, True):
            with transaction() as session:
                _, replay = holds.void(session, token_id=self.tokens[team], hold_id=hold_id)
            assert replay == was_over

    @rule(team=which, state=st.sampled_from(["open", "paused", "settling", "closed"]))
    def move(self, team, state):
        """By hand, with a reason; closing empties available and held."""
        before = self.balances()
        try:
            with transaction() as session:
                states.set_state(
                    session, COMMAND_LINE, event_id=self.event_id, team_id=self.teams[team],
                    state=State(state), reason="Because",
                )  # fmt: skip
        except Refusal:
            assert self.states[team] == state
            assert self.balances() == before
            return
        self.states[team] = state
        if state == "closed":
            self.settle(team, before)
            self.held = {key: row for key, row in self.held.items() if row[0] != team}

    @rule(team=which, amount=money, part=st.integers(1, 100), unit=units)
    def request(self, team, amount, part, unit):
        """Asked, then granted in part, by two when it is large; approving twice is one grant."""
        rest = self.rest(unit)
        part = max(1, amount // 10_000 * part // 100) * 10_000
        people = self.people
        try:
            with transaction() as session:
                asked = requests.ask(
                    session, COMMAND_LINE, event_id=self.event_id, team_id=self.teams[team],
                    amount=amount, kind="gpu", reason="Because", currency=unit,
                )  # fmt: skip
        except Refusal:
            assert self.states[team] == "closed"
            return
        for player in people:
            try:
                with transaction() as session:
                    found = requests.approve(
                        session, player, event_id=self.event_id, request_id=asked.id,
                        amount=part, two_above=cents(500), reason="Because",
                    )  # fmt: skip
            except Refusal:
                assert part > rest
                with transaction() as session:
                    requests.refuse(
                        session, COMMAND_LINE, event_id=self.event_id, request_id=asked.id,
                        reason="The pool is empty",
                    )  # fmt: skip
                return
            if found.state == "granted":
                break
        assert found.state == "granted"
        assert (found.agreed_by_id is not None) == (part > cents(500))
        assert part <= rest
        self.granted[unit][team] += part
        with transaction() as session:
            made = session.get(Entry, found.entry_id)
        self.entries.append((made, team))
        self.euros_change(made, team, has=True)

    @rule(team=which, unit=units)
    def give_back(self, team, unit):
        """What is available goes back."""
        available = self.net(team, unit)[0]
        made = self.do(grants.give_back, team_id=self.teams[team], currency=unit)
        assert (made is not None) == (available > 0)
        if made:
            self.granted[unit][team] -= made.amount
            self.entries.append((made, team))

    @rule(data=st.data())
    def reverse(self, data):
        """Once; a charge always, money only while it is still there."""
        if not self.entries:
            return
        index = data.draw(st.integers(0, len(self.entries) - 1))
        entry, team = self.entries[index]
        pools, unit = self.balances(), entry.currency
        made = self.do(reversals.reverse_entry, entry_id=entry.id, reason="A mistake")
        if made is None:
            assert entry.deed not in {"charge", "capture"}
            return
        self.entries.pop(index)
        assert made.currency == unit
        match entry.deed:
            case "fund":
                self.funded[unit] -= entry.amount
            case "grant":
                self.granted[unit][team] -= entry.amount
                self.euros_change(entry, team, has=False)
            case "return":
                self.granted[unit][team] += entry.amount
            case "charge" | "capture":
                self.spent[unit][team] -= entry.amount
                self.settle(team, pools)
        with_again = self.balances()
        with pytest.raises(Conflict, match="reversed already"), transaction() as session:
            reversals.reverse_entry(
                session, COMMAND_LINE, event_id=self.event_id, entry_id=entry.id, reason="Twice"
            )
        assert self.balances() == with_again

    @rule(data=st.data())
    def replay(self, data):
        """The same key and request again changes nothing; another request is refused."""
        if not self.keys:
            return
        key = data.draw(st.sampled_from(sorted(self.keys)))
        verb, more, made = self.keys[key]
        before = self.balances()
        with transaction() as session:
            again = verb(session, COMMAND_LINE, event_id=self.event_id, key=key, **more)
        ids = [row.id for row in made] if isinstance(made, list) else made.id
        assert ids == ([row.id for row in again] if isinstance(again, list) else again.id)
        with pytest.raises(Conflict, match="already used"), transaction() as session:
            budgets.fund(session, COMMAND_LINE, event_id=self.event_id, amount=cents(0.07), key=key)
        assert self.balances() == before

    @invariant()
    def currencies_are_whole_and_apart(self):
        """The balances of each currency add up to nothing; no posting joins two (1, 16)."""
        sums = reading().execute(
            sa.select(Account.currency, sa.func.sum(Account.balance)).group_by(Account.currency)
        )
        assert all(total == 0 for _, total in sums)
        one, two = aliased(Account), aliased(Account)
        mixed = (
            sa.select(sa.func.count(Posting.id))
            .join(one, one.id == Posting.from_id)
            .join(two, two.id == Posting.to_id)
            .where(one.currency != two.currency)
        )
        assert reading().scalar(mixed) == 0
        reading().rollback()

    @invariant()
    def every_entry_is_complete(self):
        """As many postings as it says, each above nothing, out of one account into another (2)."""
        short = (
            sa.select(Entry.id)
            .outerjoin(Posting, Posting.entry_id == Entry.id)
            .group_by(Entry.id, Entry.lines)
            .having((sa.func.count(Posting.id) != Entry.lines) | (Entry.lines < 1))
        )
        assert reading().scalars(short).all() == []
        wrong = (Posting.amount <= 0) | (Posting.from_id == Posting.to_id)
        assert reading().scalar(sa.select(sa.func.count(Posting.id)).where(wrong)) == 0
        reading().rollback()

    def the_newest_bill_is_what_is_booked(self):
        """Rounded once a scope, team and kind, whatever came before (9, 10)."""
        whole = whole_of(reading(), reading().get(Source, self.source_id))
        booked = reading().execute(
            sa.select(
                Booking.holder, Booking.team_id, Booking.currency, sa.func.sum(Booking.amount)
            )
            .where(Booking.scope_id.in_([row.scope_id for row in whole.stored]))
            .group_by(Booking.holder, Booking.team_id, Booking.currency)
        )
        found = {tuple(row[:3]): int(row[3]) for row in booked if row[3]}
        exact = {
            (one.holder, one.team_id, one.currency): amount
            for one, amount in whole.shares.buckets.items()
        }
        for key in {*found, *exact}:
            off = abs(Decimal(found.get(key, 0)) / 1_000_000 - exact.get(key, Decimal()))
            assert off <= Decimal("0.0000005")
        for unit in UNITS:
            booked = [found.get(("team", team, unit), 0) for team in self.teams]
            assert booked == self.billed[unit]
        reading().rollback()

    def every_cent_is_placed(self):
        """Each currency's file is teams, unallocated, excluded and rejected (11)."""
        whole = whole_of(reading(), reading().get(Source, self.source_id))
        for unit, sums in whole.shares.sums.items():
            cells = sum(
                amount
                for one, amount in whole.shares.buckets.items()
                if (one.origin or one.currency) == unit
            )
            assert sums.file == sums.teams + sums.unallocated + sums.excluded + sums.rejected
            assert sums.file - sums.rejected == cells
        reading().rollback()

    @invariant()
    def levels_are_once(self):
        """At most one row a team, basis, threshold and limit; present when it is reached (15)."""
        if not hasattr(self, "count"):
            return
        rows = reading().execute(
            sa.select(
                Crossing.team_id,
                Crossing.currency,
                Crossing.basis,
                Crossing.threshold,
                Crossing.limit_entry_id,
            )
        )
        listed = [tuple(row) for row in rows]
        assert len(listed) == len(set(listed))
        reading().rollback()

    @invariant()
    def the_ledger_is_whole(self):
        """Properties 3 to 6, 13, 14 and 17, and the model's own numbers."""
        if not hasattr(self, "count"):
            return
        assert wrong_balances(reading()) == []
        reversed_ = reading().scalars(sa.select(Entry.reverses_id).where(Entry.reverses_id > 0))
        twice = reversed_.all()
        assert len(twice) == len(set(twice))
        open_ = sa.select(sa.func.count(Hold.id)).where(
            Hold.team_id.in_(self.teams), Hold.state == "open"
        )
        assert reading().scalar(open_) == len(self.held)
        found = self.balances()
        for unit in UNITS:
            assert found[self.pool(unit)] == self.rest(unit)
            for team in range(3):
                available, held, spent, overrun = self.net(team, unit)
                assert available >= 0 >= overrun
                assert available == 0 or overrun == 0
                own = [row[1] for row in self.held.values() if (row[0], row[2]) == (team, unit)]
                assert held == sum(own)
                assert self.granted[unit][team] == available + held + spent + overrun
                if self.states[team] == "closed":
                    assert available == held == 0
                assert self.spent[unit][team] == spent
        reading().rollback()


def account(kind, owner, unit):
    """The name of an account, as the ledger forms it: dollars keep the short one."""
    return f"{kind}:{owner}" + ("" if unit == "USD" else f":{unit}")


def test_each_of_the_18_properties_is_proved_by_the_machine():
    assert sorted(PROVED) == list(range(1, 19))
    assert all(callable(getattr(Ledger, name)) for name in PROVED.values())


def test_the_ledger_keeps_its_properties_whatever_is_done(database):
    run_state_machine_as_test(
        Ledger, settings=settings(max_examples=12, stateful_step_count=25, deadline=None)
    )
