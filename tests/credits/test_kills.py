"""kill -9 in the middle of 200 postings: nothing half done, and the call again converges."""

import subprocess
import sys

import sqlalchemy as sa
from make import cents, make_team

from hackathon.credits.models import Account, Entry
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import budgets
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.facts import broken_links

CHILD = """
import sys
import sqlalchemy as sa
from hackathon.app import create_app
from hackathon.credits.models import Account
from hackathon.credits.service import grants, spend
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.money import Micros
from hackathon.shared.settings import read_settings

url, folder, what, event = sys.argv[1:5]
app = create_app(read_settings(instance=folder, database_url=url, log_level="ERROR"))
with app.app_context():
    if what == "split":
        seen = lambda *a: print("posted", flush=True) if "INTO postings" in a[2] else None
        sa.event.listen(db.engine, "after_cursor_execute", seen)
        with transaction() as session:
            grants.split_pool(
                session, COMMAND_LINE, event_id=int(event), amount=None, reason="All", key="split"
            )
    else:
        teams = reading().scalars(
            sa.select(Account.team_id).filter_by(kind="available").order_by(Account.id)
        ).all()
        for number, team in enumerate(teams):
            with transaction() as session:
                spend.record_charge(
                    session, COMMAND_LINE, event_id=int(event), team_id=team, source="AWS",
                    amount=Micros(7_000_000), key=f"charge-{number}",
                )
            print("posted", flush=True)
print("done", flush=True)
"""


def run(app, folder, event_id, what, kill_after=None):
    """Run the child; kill -9 after so many postings, else wait for its end."""
    url = db.engine.url.render_as_string(hide_password=False)
    reading().rollback()
    line = [sys.executable, "-c", CHILD, url, str(folder), what, str(event_id)]
    child = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    seen = 0
    for row in child.stdout:
        seen += row == "posted\n"
        if seen == kill_after:
            child.kill()
            break
    child.stdout.close()
    child.wait(60)
    return child.returncode


def count(deed):
    reading().rollback()
    return reading().scalar(sa.select(sa.func.count(Entry.id)).filter_by(deed=deed))


def is_whole():
    reading().rollback()
    total = reading().scalar(sa.select(sa.func.sum(Account.balance)))
    return (wrong_balances(reading()), broken_links(reading()), total) == ([], [], 0)


def test_edge_51_a_kill_amid_200_postings_leaves_nothing_half_done(database, cast, tmp_path):
    with transaction() as session:
        budgets.fund(session, COMMAND_LINE, event_id=cast.event_id, amount=cents(5000))
        for _ in range(200):
            make_team(session, cast.event_id)
    place = (database, tmp_path / "child", cast.event_id)
    assert run(*place, "split", 100) == -9
    assert (count("grant"), is_whole()) == (0, True)
    assert run(*place, "split") == 0
    assert (count("grant"), is_whole()) == (200, True)
    assert run(*place, "charges", 100) == -9
    assert (100 <= count("charge") < 200, is_whole()) == (True, True)
    assert run(*place, "charges") == 0
    assert run(*place, "charges") == 0
    assert (count("charge"), is_whole()) == (200, True)
    spent = reading().scalar(sa.select(sa.func.sum(Account.balance)).filter_by(kind="spent"))
    assert spent == cents(7) * 200
