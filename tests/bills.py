"""FOCUS files as tests write them, and the way of a bill from a file to the ledger."""

import csv
import gzip
import io
import uuid
from contextlib import contextmanager
from pathlib import Path

from treasury import do

from hackathon.credits.queries.bills import source_named
from hackathon.credits.service.bills.book import apply_bill
from hackathon.credits.service.bills.look import preview_of, wanted_of
from hackathon.credits.service.bills.mapping import Sign, add_rule
from hackathon.credits.service.bills.stage import Stage, read_file
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction

SAMPLE = Path(__file__).parent.parent / "bench" / "data" / "focus_1_0_sample_1000.csv.gz"
USAGE = {
    "BilledCost": "10", "EffectiveCost": "10", "ListCost": "12", "ContractedCost": "10",
    "BillingAccountId": "company", "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-11-01T00:00:00Z", "BillingPeriodEnd": "2026-12-01T00:00:00Z",
    "ChargePeriodStart": "2026-11-20T10:00:00Z", "ChargePeriodEnd": "2026-11-20T11:00:00Z",
    "ChargeCategory": "Usage", "ChargeClass": "", "ChargeFrequency": "Usage-Based",
    "ProviderName": "AWS", "ServiceName": "Compute", "SubAccountId": "owls-account", "Tags": "",
}  # fmt: skip


def sample() -> bytes:
    """The real bill, unpacked."""
    return gzip.decompress(SAMPLE.read_bytes())


def focus(*rows, columns=None) -> bytes:
    """A FOCUS file of rows that differ from ten dollars of usage."""
    names = list(columns or {**USAGE, **(rows[0] if rows else {})})
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**USAGE, **row} for row in rows)
    return out.getvalue().encode()


def written(folder, data):
    """A file of these bytes."""
    path = folder / f"{uuid.uuid4().hex}.csv"
    path.write_bytes(data)
    return path


@contextmanager
def staged(folder, data, tag_keys=("team", "project"), **more):
    """A read bill: its scan and its stage."""
    path = written(folder, data)
    scan = read_file(path, path.with_suffix(".db"), tag_keys, **more)
    stage = Stage(path.with_suffix(".db"))
    try:
        yield scan, stage
    finally:
        stage.close()


def cells(folder, data, **more):
    """The cells of a file."""
    with staged(folder, data, **more) as (_, stage):
        return list(stage.cells())


def hashes(folder, data, **more):
    """Scope, rows and hash of a file."""
    with staged(folder, data, **more) as (scan, stage):
        return [(s.account, s.period, s.rows, s.digest) for s in stage.scopes(scan)]


def read_for(folder, data, source, name="bill.csv"):
    """A bill read as its source wants it."""
    wanted = wanted_of(reading(), source)
    return staged(
        folder, data, wanted.tag_keys, by_hour=wanted.by_hour, part=name if wanted.appends else ""
    )


def look(folder, data, source="AWS"):
    """What a bill would mean."""
    with read_for(folder, data, source) as (scan, stage):
        return preview_of(reading(), source=source, scan=scan, stage=stage)


def bring(
    folder,
    data,
    source="AWS",
    *,
    confirmed=True,
    actor=COMMAND_LINE,
    event_id=None,
    name="bill.csv",
):
    """Book a bill."""
    with read_for(folder, data, source, name) as (scan, stage):
        preview = preview_of(reading(), source=source, scan=scan, stage=stage)
        with transaction() as session:
            return apply_bill(
                session, actor, preview=preview, stage=stage, file_name=name,
                confirmed=confirmed, event_id=event_id,
            )  # fmt: skip


def map_to(cast, team_id, kind="account", value="owls-account", key="", source="AWS", **more):
    """A rule of Olga's."""
    found = source_named(reading(), source)
    return do(
        add_rule, cast.lena, event_id=more.pop("event_id", cast.event_id), source_id=found.id,
        sign=Sign(kind, value, key), team_id=team_id, reason="Their account", **more,
    )  # fmt: skip
