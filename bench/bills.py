"""How fast a large bill is read, in how much memory, and how long the database is held.

    .venv/bin/python bench/bills.py [--rows 1000000] [--folder DIR] [--cores 2]
        [--url postgresql+psycopg://.../an_empty_database]

Rows are resampled from the shipped sample (bench/data/SOURCE.md): days and hours of one month
at random; each account belongs to one of 40 teams, named by the tag `team`. Every measurement
runs in a process of its own; the bare reader is the standard library's csv over the same file
in the same run. Both are held to the same cores: as many of the machine's as `--cores` says,
else all. The bill is booked on SQLite, and on the database of `--url` when there is one.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SAMPLE = HERE / "data" / "focus_1_0_sample_1000.csv.gz"
TEAMS = 40

MEASURE = """
import json, sys, threading, time
from pathlib import Path
{setup}
peak = 0
def resident(pid):
    for line in Path(f"/proc/{{pid}}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
def watch():  # what this process and its workers hold, pages they share once, twenty times a second
    global peak
    while True:
        try:
            workers = Path(f"/proc/self/task/{{main}}/children").read_text().split()
            peak = max(peak, sum(map(resident, ["self", *workers])))
        except OSError:  # one has just ended
            pass
        time.sleep(0.05)
import os
main = os.getpid()
threading.Thread(target=watch, daemon=True).start()
began, used = time.perf_counter(), os.times()
{work}
now = os.times()
print(json.dumps({{
    "wall": time.perf_counter() - began, "cpu": sum(now[:4]) - sum(used[:4]),
    "peak": peak / 1024, "more": more,
}}))
"""
BARE = (
    "import csv",
    "more = sum(1 for _ in csv.reader(Path(sys.argv[1]).open(newline='', encoding='utf-8')))",
)
READ = (
    (
        "from hackathon.credits.service.bills import crew\n"
        "from hackathon.credits.service.bills.stage import Stage, read_file"
    ),
    (
        "stage = Path(sys.argv[2]); stage.unlink(missing_ok=True)\n"
        "path = Path(sys.argv[1])\n"
        "assert read_file(path, stage, ['team']).rows == int(sys.argv[3])\n"
        "more = crew.WORKERS if crew.is_worth_it(path) else 0"
    ),
)
BOOK = (
    """
import logging
from hackathon.app import create_app
from hackathon.shared import schema
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.settings import read_settings
from hackathon.credits.service.bills.book import apply_bill
from hackathon.credits.service.bills.look import preview_of
from hackathon.credits.service.bills.stage import Stage
from hackathon.people.rules import COMMAND_LINE
app = create_app(read_settings(instance=Path(sys.argv[2]).parent / "instance", database_url=sys.argv[3]))
app.app_context().push()
schema.upgrade()
stage = Stage(Path(sys.argv[2]))
preview = preview_of(reading(), source="Cloud", scan=stage.scan(), stage=stage)
reading().rollback()
""",
    """
with transaction() as session:
    apply_bill(session, COMMAND_LINE, preview=preview, stage=stage, file_name="x", confirmed=True)
more = sum(1 for _ in stage.cells())
""",
)


def make(path: Path, count: int) -> None:
    """Write a bill of so many rows."""
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(SAMPLE.read_bytes()).decode())))
    chance = random.Random(7)
    accounts = sorted({row["SubAccountId"] for row in rows})
    team = {account: f"team-{index % TEAMS:02d}" for index, account in enumerate(accounts)}
    first = dt.datetime(2024, 9, 1, tzinfo=dt.UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(rows[0])
        for _ in range(count):
            row = dict(chance.choice(rows))
            start = first + dt.timedelta(days=chance.randrange(30), hours=chance.randrange(24))
            row["ChargePeriodStart"] = f"{start:%Y-%m-%d %H:%M:%S}"
            row["ChargePeriodEnd"] = f"{start + dt.timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
            tags = {} if row["Tags"] in {"", "NULL"} else json.loads(row["Tags"])
            row["Tags"] = json.dumps({**tags, "team": team[row["SubAccountId"]]})
            writer.writerow(row.values())


def measure(what: tuple[str, str], *arguments: Path | str) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    code = MEASURE.format(setup=what[0], work=what[1])
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=True, cwd=HERE.parent,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Make the file, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cores", type=int, default=0)
    parser.add_argument("--url", default="")
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[: given.cores or len(cores)])
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path, stage = Path(folder) / "bill.csv", Path(folder) / "stage.db"
        make(path, given.rows)
        print(
            f"{given.rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB; on "
            f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} cores"
        )
        ratios = []
        for number in range(given.runs):
            bare, read = measure(BARE, path), measure(READ, path, stage, str(given.rows))
            ratios.append(read["wall"] / bare["wall"])
            print(
                f"run {number + 1} (load {os.getloadavg()[0]:.1f}): bare csv {bare['wall']:.1f} s, "
                f"bill {read['wall']:.1f} s with {read['more']} workers "
                f"(peak {read['peak']:.0f} MB): {ratios[-1]:.2f} times; processor "
                f"{bare['cpu']:.1f} s and {read['cpu']:.1f} s: {read['cpu'] / bare['cpu']:.2f}",
                flush=True,
            )
        print(f"median {statistics.median(ratios):.2f} times")
        for name, url in (("SQLite", ""), ("PostgreSQL", given.url)):
            if url or name == "SQLite":
                book = measure(BOOK, path, stage, url)
                print(
                    f"booked {book['more']:,} cells on {name} in one transaction of "
                    f"{book['wall']:.1f} s"
                )


if __name__ == "__main__":
    main()
