"""Bills in the ledger: differences only, nothing twice, every cent placed."""

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from bills import bring, focus, look, map_to, sample
from hypothesis import given, settings
from hypothesis import strategies as st
from make import actor, cents, make_event, make_team
from treasury import bill as charge
from treasury import do, give, line, see

from hackathon.credits.models import (
    Account,
    Bill,
    BillReject,
    Booking,
    Entry,
    Posting,
    Snapshot,
    Source,
)
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import reversals
from hackathon.credits.service.bills.look import whole_of
from hackathon.credits.service.bills.mapping import change_source
from hackathon.credits.service.bills.share import rounded
from hackathon.office.queries import differences
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import UTC
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed
from hackathon.shared.facts import FactRow

HALF_MICRO = Decimal("0.0000005")


def balance(kind):
    found = reading().scalar(sa.select(Account.balance).where(Account.kind == kind))
    return found or 0


def counts():
    return [
        reading().scalar(sa.select(sa.func.count()).select_from(m)) for m in (Entry, Posting, Bill)
    ]


@pytest.fixture
def mapped(cast, funded, tmp_path):
    """Owls with $100; their account is known to the source AWS, which billed $10 of it."""
    give(cast, funded[0], 100)
    bring(tmp_path, focus({}))
    map_to(cast, funded[0])
    return funded


def test_the_real_bill_is_placed_to_the_last_digit(cast, tmp_path):
    with transaction() as session:
        event = make_event(
            session,
            starts_at=datetime(2024, 9, 2, tzinfo=UTC),
            ends_at=datetime(2024, 9, 20, tzinfo=UTC),
        )
        teams = [make_team(session, event.id, name).id for name in ("Lens", "Other")]
    bring(tmp_path, sample(), "Cloud")
    map_to(cast, teams[0], "tag", "BrightLensMatrix ", "Application", "Cloud", event_id=event.id)
    map_to(cast, teams[1], "account", "18938484842", "", "Cloud", event_id=event.id)
    source = reading().scalars(sa.select(Source)).one()
    whole = whole_of(reading(), source)
    assert whole.shares.main.file == Decimal("20.52022672899")
    sums = whole.shares.main
    assert sums.teams + sums.unallocated + sums.excluded + sums.rejected == sums.file
    assert sums.teams > 0
    assert sums.excluded == Decimal("-2.6137")
    for team_id, exactly in whole.shares.by_team().items():
        spent = reading().scalar(
            sa.select(Account.balance).where(Account.name == f"spent:{team_id}")
        )
        scopes = sum(1 for bucket in whole.shares.buckets if bucket.team_id == team_id)
        assert abs(Decimal(spent) / 1_000_000 - exactly) <= HALF_MICRO * scopes
    booked = reading().scalar(sa.select(sa.func.sum(Booking.amount)))
    assert booked == sum(rounded(amount) for amount in whole.shares.buckets.values())
    assert differences(reading()) == []


def test_edge_1_the_same_file_again_posts_nothing_and_leaves_one_line(mapped, tmp_path):
    before = counts()
    assert bring(tmp_path, focus({})).postings == 0
    assert counts() == before
    kinds = reading().scalars(sa.select(FactRow.kind).where(FactRow.stream == "bills:1")).all()
    assert kinds.count("bill.repeated") == 1


def test_edge_4_a_lone_chunk_needs_a_second_look(mapped, tmp_path):
    bring(tmp_path, focus({}, {"ChargePeriodStart": "2026-11-21T01:00:00Z", "ChargePeriodEnd": ""}))
    seen = look(tmp_path, focus({}))
    assert seen.concerns[:2] == [
        "company, November 2026: the total falls from 20.00 to 10.00.",
        "company, November 2026: only 1 days instead of 2.",
    ]
    with pytest.raises(Conflict, match="needs a second look"):
        bring(tmp_path, focus({}), confirmed=False)
    assert bring(tmp_path, focus({})).postings == 1


def test_edge_5_another_source_may_not_bill_the_same_account(mapped, tmp_path):
    with pytest.raises(Conflict, match="already billed by another source"):
        bring(tmp_path, focus({}), "Amazon")
    assert reading().scalar(sa.select(sa.func.count(Source.id))) == 1


def test_edge_6_an_older_delivery_needs_a_second_look(mapped, tmp_path):
    seen = look(tmp_path, focus({"ChargePeriodEnd": "2026-11-20T10:30:00Z", "BilledCost": "11"}))
    assert any("older than what is stored" in line for line in seen.concerns)
    bring(tmp_path, focus({"ChargePeriodEnd": "2026-11-20T10:30:00Z", "BilledCost": "11"}))
    newest = reading().scalars(sa.select(Bill).order_by(Bill.id.desc())).first()
    assert "older than what is stored" in newest.concerns


def test_edge_8_a_bill_without_rows_needs_a_second_look_and_takes_nothing_away(
    cast, mapped, tmp_path
):
    assert look(tmp_path, focus()).changes_nothing
    assert bring(tmp_path, focus()).postings == 0
    assert line(cast, mapped[0]).balances.spent == cents(10)


def test_edge_12_rejected_rows_are_kept_with_their_lines_and_the_total_closes(
    cast, mapped, tmp_path
):
    bad = {"ChargePeriodStart": "never", "BilledCost": "2.50"}
    bring(tmp_path, focus({}, bad, {"BilledCost": "x"}))
    kept = reading().execute(sa.select(BillReject.line, BillReject.billed)).all()
    assert kept == [(3, "2.5"), (4, "0")]
    bill = reading().scalars(sa.select(Bill).order_by(Bill.id.desc())).first()
    assert bill.rejected == 2
    whole = whole_of(reading(), reading().scalars(sa.select(Source)).one())
    assert whole.shares.main.file == Decimal("12.5")
    assert bring(tmp_path, focus({"BilledCost": "x"}, {}, bad)).bill_id == bill.id


def test_a_bill_of_which_no_row_can_be_taken_is_refused(mapped, tmp_path):
    with pytest.raises(Invalid, match="Not one row"):
        bring(tmp_path, focus({"BilledCost": "x"}))


def test_edge_15_a_negative_row_is_a_refund(cast, mapped, tmp_path):
    bring(tmp_path, focus({}, {"BilledCost": "-4"}))
    found = line(cast, mapped[0])
    assert (found.balances.spent, found.balances.available) == (cents(6), cents(94))
    assert wrong_balances(reading()) == []


def test_differences_are_posted_and_never_a_replacement(cast, mapped, tmp_path):
    bring(tmp_path, focus({"BilledCost": "10.0000004"}, {"BilledCost": "1.5"}))
    entries = reading().execute(
        sa.select(Entry.deed, Entry.amount).where(Entry.team_id.is_not(None), Entry.deed != "grant")
    )
    assert entries.all() == [("charge", cents(10)), ("charge", cents(1.5))]
    assert reading().scalar(sa.select(sa.func.count(Snapshot.id))) == 2


def test_edges_21_to_23_credits_purchases_and_taxes_are_kept_off_teams(cast, mapped, tmp_path):
    kinds = {"Credit": "-2.61", "Purchase": "5000", "Tax": "1.90"}
    bring(tmp_path, focus({}, *[{"ChargeCategory": k, "BilledCost": v} for k, v in kinds.items()]))
    assert line(cast, mapped[0]).balances.spent == cents(10)
    assert balance("excluded") == cents(4999.29)
    assert balance("clearing") == -cents(4999.29)
    source = reading().scalars(sa.select(Source)).one()
    do(
        change_source, cast.lena, event_id=cast.event_id, source_id=source.id, basis="billed",
        charged=["Usage", "Credit"], tag_keys=["team"],
    )  # fmt: skip
    assert line(cast, mapped[0]).balances.spent == cents(7.39)
    assert balance("excluded") == cents(5001.90)
    assert differences(reading()) == []


def test_edge_24_a_correction_of_another_month_is_booked_in_its_own_period(cast, mapped, tmp_path):
    late = {
        "BillingPeriodStart": "2026-12-01T00:00:00Z", "ChargeClass": "Correction",
        "BilledCost": "-3", "ChargePeriodStart": "2026-11-20T10:00:00Z",
    }  # fmt: skip
    bring(tmp_path, focus({}, late))
    assert line(cast, mapped[0]).balances.spent == cents(7)
    assert reading().scalar(sa.select(sa.func.count(Snapshot.id))) == 2


def test_edge_26_a_correction_above_what_was_spent_leaves_a_net_refund(cast, mapped, tmp_path):
    bring(tmp_path, focus({}, {"BilledCost": "-25"}))
    found = line(cast, mapped[0]).balances
    assert (found.spent, found.available, found.granted) == (cents(-15), cents(115), cents(100))


def test_edge_27_billed_without_effective_cost_is_said_with_both_totals(cast, tmp_path):
    seen = look(tmp_path, focus({"EffectiveCost": "0"}, {}))
    assert "At least 1 row" not in "".join(seen.concerns)
    seen = look(tmp_path, focus({"EffectiveCost": "0"}))
    assert any("billed 10.00, effective 0.00" in line for line in seen.concerns)


def test_edge_28_the_list_price_never_matters(cast, mapped, tmp_path):
    seen = look(tmp_path, focus({"ListCost": "0"}))
    assert [move.change for move in seen.moves] == [0]


def test_edge_45_a_bill_above_the_grant_is_overrun_and_never_refused(cast, mapped, tmp_path):
    bring(tmp_path, focus({"BilledCost": "130"}))
    found = line(cast, mapped[0]).balances
    assert (found.available, found.overrun, found.spent) == (0, cents(-30), cents(130))


def test_edge_47_a_refund_repays_the_overrun_first(cast, mapped, tmp_path):
    bring(tmp_path, focus({"BilledCost": "130"}))
    bring(tmp_path, focus({"BilledCost": "110"}))
    found = line(cast, mapped[0]).balances
    assert (found.available, found.overrun) == (0, cents(-10))
    bring(tmp_path, focus({"BilledCost": "80"}))
    assert line(cast, mapped[0]).balances.available == cents(20)


def test_edge_48_another_currency_reaches_no_team_and_is_summed_apart(cast, mapped, tmp_path):
    seen = look(tmp_path, focus({}, {"BillingCurrency": "EUR", "BilledCost": "7"}))
    waits = "7.00 EUR of November 2026 reach no team before an exchange rate is entered."
    assert waits in seen.concerns
    bring(tmp_path, focus({}, {"BillingCurrency": "EUR", "BilledCost": "7"}))
    accounts = dict(reading().execute(sa.select(Account.name, Account.currency)).all())
    assert accounts["unallocated:1:EUR"] == accounts["clearing:1:EUR"] == "EUR"
    assert line(cast, mapped[0]).balances.spent == cents(10)
    assert differences(reading()) == []


def test_edge_60_each_billing_period_is_a_scope_of_its_own(cast, mapped, tmp_path):
    other = {"BillingPeriodStart": "2026-12-01", "ChargePeriodStart": "2026-12-01T01:00:00Z"}
    bring(tmp_path, focus({**other, "ChargePeriodEnd": ""}))
    assert line(cast, mapped[0]).balances.spent == cents(20)


def test_a_reading_is_superseded_by_the_bill_of_its_source_even_without_a_row(
    cast, mapped, tmp_path, clock
):
    see(cast, mapped[0], 60, datetime(2026, 11, 20, 10, 30, tzinfo=UTC))
    found = line(cast, mapped[0])
    assert (found.used, found.fresh.read) == (cents(10), 0)
    assert (found.fresh.through, found.fresh.is_final) == (
        datetime(2026, 11, 20, 11, tzinfo=UTC),
        False,
    )
    see(cast, mapped[0], 25, clock.moment)
    assert line(cast, mapped[0]).used == cents(25)
    later = {"ChargePeriodStart": "2026-11-21T09:00:00Z", "ChargePeriodEnd": "2026-11-21T10:00:00Z"}
    bring(tmp_path, focus({}, {**later, "SubAccountId": "somebody"}))
    assert line(cast, mapped[0]).used == cents(10)


def test_a_figure_of_a_bill_ages_until_its_period_has_settled(cast, mapped, clock):
    clock.set(datetime(2026, 11, 30, tzinfo=UTC))
    assert line(cast, mapped[0]).is_stale
    clock.set(datetime(2026, 12, 11, tzinfo=UTC))
    assert (line(cast, mapped[0]).is_stale, line(cast, mapped[0]).fresh.is_final) == (False, True)


def test_a_closed_period_that_changes_needs_a_second_look(mapped, tmp_path, clock):
    clock.set(datetime(2026, 12, 11, tzinfo=UTC))
    assert any("is closed" in row for row in look(tmp_path, focus({"BilledCost": "10.5"})).concerns)


def test_charges_by_hand_and_by_bill_stand_side_by_side(cast, mapped, clock):
    charge(cast, mapped[0], 5, clock, source="AWS")
    assert line(cast, mapped[0]).balances.spent == cents(15)


def test_what_a_bill_booked_cannot_be_reversed_by_hand(cast, mapped):
    entry = reading().scalars(sa.select(Entry).where(Entry.deed == "charge")).one()
    with pytest.raises(Conflict, match="A bill booked this"):
        do(
            reversals.reverse_entry,
            cast.olga,
            event_id=cast.event_id,
            entry_id=entry.id,
            reason="Wrong",
        )


def test_only_who_organizes_every_event_it_reaches_books_a_bill(cast, mapped, tmp_path):
    rita = actor(cast.rita, event_id=cast.other_event_id, roles=["organizer"])
    olga = actor(cast.olga, event_id=cast.event_id, roles=["organizer"])
    for one, event_id in ((rita, cast.other_event_id), (olga, cast.event_id)):
        with pytest.raises(NotAllowed, match="set up elsewhere"):
            bring(tmp_path, focus({"BilledCost": "11"}), actor=one, event_id=event_id)
    assert line(cast, mapped[0]).balances.spent == cents(10)


def test_a_mapping_that_changed_since_the_look_is_seen_again(cast, mapped, tmp_path):
    from bills import staged  # noqa: PLC0415

    from hackathon.credits.service.bills.book import apply_bill  # noqa: PLC0415
    from hackathon.credits.service.bills.look import preview_of  # noqa: PLC0415

    with staged(tmp_path, focus({"BilledCost": "12"})) as (scan, stage):
        preview = preview_of(reading(), source="aws", scan=scan, stage=stage)
        map_to(cast, mapped[1], from_day=date(2026, 11, 20))
        with pytest.raises(Conflict, match="mapping was changed"), transaction() as session:
            apply_bill(
                session, COMMAND_LINE, preview=preview, stage=stage, file_name="x", confirmed=True
            )


def test_a_total_beyond_all_reason_is_refused(cast, tmp_path):
    with pytest.raises(Invalid, match="trillion"):
        bring(tmp_path, focus(*[{"BilledCost": "999999999999"}] * 3))


def test_the_totals_of_a_bill_are_kept_as_exact_text(mapped, tmp_path):
    bring(tmp_path, focus({}, {"BilledCost": "0.00000000001", "SubAccountId": "nobody"}))
    newest = reading().scalars(sa.select(Bill).order_by(Bill.id.desc())).first()
    assert json.loads(newest.totals)["USD"] == {
        "file": "10.00000000001", "teams": "10", "unallocated": "0.00000000001",
        "excluded": "0", "rejected": "0",
    }  # fmt: skip


def test_a_sum_changed_behind_the_triggers_is_named(mapped):
    sqlite = reading().get_bind().dialect.name == "sqlite"
    with transaction() as session:
        off = "DROP TRIGGER bill_bookings_no_update" + ("" if sqlite else " ON bill_bookings")
        session.execute(sa.text(off))
        session.execute(sa.text("UPDATE bill_bookings SET amount = 7 WHERE holder = 'team'"))
    assert any("a bill booked 7 micros" in row for row in wrong_balances(reading()))


amounts = st.decimals(-50, 200, places=9).map(lambda value: f"{value:f}")
deliveries = st.lists(
    st.lists(
        st.tuples(amounts, st.sampled_from(["owls-account", "bees-account", "x"])), max_size=4
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15)
@given(deliveries)
def test_spend_depends_on_the_last_delivery_and_not_on_the_way(app, tmp_path_factory, made):
    folder = tmp_path_factory.getbasetemp()
    with app.app_context():
        with transaction() as session:
            event = make_event(session)
            teams = {f"{n}-account": make_team(session, event.id).id for n in ("owls", "bees")}
        name = f"Cloud {event.id}"
        head = {"BillingAccountId": name, "BilledCost": "0", "SubAccountId": "x"}
        bring(folder, focus(head), name)
        source = reading().scalars(sa.select(Source).where(Source.name == name)).one()
        with transaction() as session:
            from hackathon.credits.service.bills.mapping import Sign, add_rule  # noqa: PLC0415

            for account, team in teams.items():
                add_rule(
                    session, COMMAND_LINE, event_id=event.id, source_id=source.id,
                    sign=Sign("account", account), team_id=team, reason="Theirs",
                )  # fmt: skip
        for rows in made:
            data = [{**head, "BilledCost": cost, "SubAccountId": sub} for cost, sub in rows]
            bring(folder, focus(head, *data), name)
        for account, team in teams.items():
            exactly = sum((Decimal(cost) for cost, sub in made[-1] if sub == account), Decimal(0))
            spent = reading().scalar(
                sa.select(Account.balance).where(Account.name == f"spent:{team}")
            )
            assert (spent or 0) == rounded(exactly)
        assert wrong_balances(reading()) == []


def test_the_money_of_bills_is_append_only(mapped):
    for statement in (
        "UPDATE bill_bookings SET amount = 1", "DELETE FROM bill_cells", "UPDATE bills SET rows = 0",
        "DELETE FROM bill_rules", "UPDATE bill_snapshots SET billed = '0'",
        "DELETE FROM bill_scopes",
    ):  # fmt: skip
        with pytest.raises(sa.exc.DBAPIError), transaction() as session:
            session.execute(sa.text(statement))


def test_nothing_outlives_a_refusal(cast, funded, tmp_path):
    before = counts()
    with pytest.raises(Conflict):
        bring(tmp_path, focus({}), confirmed=False)
    assert counts() == before
