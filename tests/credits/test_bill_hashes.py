"""The hashes of stored bills: what was applied once is known again by every later version.

A hash that changes here makes every applied bill look like another one when it comes again.
"""

import gzip
import random
from datetime import date

import pytest
from bills import focus, hashes, sample

ODD = focus(
    {
        "SubAccountId": ' spaced, "quoted" ', "BilledCost": "1e-7",
        "Tags": '{" Team ": "Owls", "PROJECT": true}',
    },
    {
        "ServiceName": "two\nlines", "BilledCost": "-0.00000000001", "EffectiveCost": "NULL",
        "ListCost": "",
    },
    {
        "ChargeCategory": "usage", "ChargePeriodStart": "2026-11-20 23:30:00",
        "ChargePeriodEnd": "2026-11-21 00:30:00",
    },
    {"ChargePeriodStart": "2026-11-21T00:30:00+02:00", "ChargeClass": "correction"},
    {"ChargeCategory": "Donation", "BillingCurrency": "eur", "ServiceName": "café"},
    {"BilledCost": "oops"},
    {"ChargePeriodStart": "x", "BilledCost": "3.25"},
    {
        "BillingAccountId": "other", "ChargePeriodEnd": "2026-12-01T00:00:00Z",
        "Tags": "not json",
    },
    {}, {},
)  # fmt: skip
"""Exponents, two lines in a field, offsets, rejected rows, a row twice."""
DAYS = (date(2024, 9, 25), date(2026, 11, 20))

REAL = {
    "/providers/Microsoft.Billing/billingAccounts/8611537": "3b2bd7c6a1e0a6ae161b0e0648283323",
    "1234567890123": "16827ce7083905ff6a495541812a984d",
    "20209880 of September": "00d93b405160e14ab1ad8722203f3f00",
    "20209880 of October": "e22b38d7d54e5a83b6e7d0c9ad8fe7c9",
}


def real(**more):
    return sorted({**REAL, **more}.values())


@pytest.mark.parametrize(
    ("data", "by_hour", "stored"),
    [
        (sample(), (), real()),
        (sample(), DAYS, real(**{"1234567890123": "c8aae2448acdd96796033f593f1e9ffc"})),
        (ODD, (), ["3e34f5642ab9d9075bc2dae7afc722b3", "f47df1aa6117d363e0deda746174d7df"]),
        (ODD, DAYS, ["099cffca6d3e1b2c68658a9bb2a22580", "a3b0686acbddf144501acac8c68be084"]),
    ],
)
def test_a_bill_has_the_hash_it_was_stored_with(tmp_path, data, by_hour, stored):
    found = [digest for *_, digest in hashes(tmp_path, data, by_hour=by_hour)]
    assert sorted(found) == sorted(stored)


def test_so_has_the_real_bill_with_its_lines_in_another_order_and_packed(tmp_path):
    header, *lines = sample().splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    other = gzip.compress(header + b"".join(lines))
    assert sorted(digest for *_, digest in hashes(tmp_path, other)) == real()
