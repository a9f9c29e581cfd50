"""The ledger of marks against a small model, whatever two devices of two judges send."""

import itertools
import uuid

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from make import make_rubric
from panel import do

from hackathon.judging.models import LateMark, Round, Visit
from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.marks import cells_of_visit
from hackathon.judging.queries.rounds import criteria_of
from hackathon.judging.rules import CLEAR
from hackathon.judging.service import rounds, seats
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict

CRITERIA = ("impact", "works")
JUDGES = ("judith", "jonas")
TEAMS = ("owls", "bees")


class Marks(RuleBasedStateMachine):
    """Each example judges in a round of its own."""

    panel = None
    make_round = None
    sent = Bundle("sent")

    def __init__(self):
        super().__init__()
        self.make_round()
        self.rows = {}  # key: (judge, team, criterion, value, seq, receipt)
        self.late = set()
        self.is_frozen = False

    def current(self, judge, team, criterion):
        """The value that counts: of the highest (seq, receipt)."""
        mine = [row for row in self.rows.values() if row[:3] == (judge, team, criterion)]
        newest = max(mine, key=lambda row: (row[4], row[5]), default=None)
        return newest[3] if newest else None

    def is_complete(self, judge, team):
        return all(self.current(judge, team, criterion) is not None for criterion in CRITERIA)

    @rule(
        target=sent,
        judge=st.sampled_from(JUDGES),
        team=st.sampled_from(TEAMS),
        criterion=st.sampled_from(CRITERIA),
        value=st.sampled_from([None, 1, 2, 3, 4, 5]),
        seq=st.integers(0, 6),
    )
    def tap(self, judge, team, criterion, value, seq):
        key = uuid.uuid4().hex
        given_ = (judge, team, criterion, value, seq, key)
        more = {"seq": seq, "key": key}
        if value is None and self.is_complete(judge, team):
            with pytest.raises(Conflict, match="not taken away"):
                self.panel.clear(judge, team, criterion, **more)
            return multiple()
        saved = self.panel.mark(judge, team, criterion, CLEAR if value is None else value, **more)
        assert (saved.late, saved.replay) == (self.is_frozen, False)
        if saved.late:
            self.late.add(key)
            return given_
        before = max((r[4] for r in self.rows.values() if r[:3] == given_[:3]), default=-1)
        self.rows[key] = (*given_[:5], saved.receipt)
        assert saved.superseded == (before > seq)
        assert saved.submitted == self.is_complete(judge, team)
        return given_

    @rule(what=sent)
    def send_again(self, what):
        judge, team, criterion, value, seq, key = what
        more = {"seq": seq, "key": key}
        again = self.panel.mark(judge, team, criterion, CLEAR if value is None else value, **more)
        assert again.replay
        assert again.late == (key in self.late)
        if key in self.rows:
            mine = self.rows[key]
            assert again.receipt == mine[5]
            newest = max(
                (r for r in self.rows.values() if r[:3] == mine[:3]), key=lambda r: (r[4], r[5])
            )
            assert again.superseded == (newest[5] != mine[5])

    @rule(what=sent, other=st.sampled_from(["judge", "team", "criterion", "value", "seq"]))
    def reuse_a_key(self, what, other):
        judge, team, criterion, value, seq, key = what
        changed = {
            "judge": (JUDGES[judge == JUDGES[0]], team, criterion, value, seq),
            "team": (judge, TEAMS[team == TEAMS[0]], criterion, value, seq),
            "criterion": (judge, team, CRITERIA[criterion == CRITERIA[0]], value, seq),
            "value": (judge, team, criterion, 1 if value != 1 else 2, seq),
            "seq": (judge, team, criterion, value, seq + 1),
        }[other]
        judge, team, criterion, value, seq = changed
        with pytest.raises(Conflict, match="used for something else"):
            self.panel.mark(
                judge, team, criterion, CLEAR if value is None else value, seq=seq, key=key
            )

    @rule()
    def freeze(self):
        if not self.is_frozen and len(self.rows) > 3:
            self.panel.move("freeze")
            self.is_frozen = True

    @invariant()
    def the_database_says_the_same(self):
        reading().rollback()
        lines = {line.key: line.id for line in criteria_of(reading(), self.panel.round_id)}
        for judge, team in itertools.product(JUDGES, TEAMS):
            visit = self.panel.visit(judge, team)
            cells = cells_of_visit(reading(), visit.id)
            for criterion in CRITERIA:
                cell = cells.get(lines[criterion])
                value = self.current(judge, team, criterion)
                assert (cell.value if cell else None) == (value * 10 if value else None)
            assert (visit.submitted_at is not None) == self.is_complete(judge, team)

    def teardown(self):
        reading().rollback()
        here = {row.key for row in self.panel.values() if row.visit_id in self.visits()}
        late = {
            row.key for row in reading().query(LateMark).filter_by(round_id=self.panel.round_id)
        }
        assert (here, late) == (set(self.rows), self.late)
        assert wrong_sheets(reading()) == []
        with transaction() as session:
            session.get_one(Round, self.panel.round_id).state = "revealed"

    def visits(self):
        rows = reading().query(Visit).filter_by(round_id=self.panel.round_id)
        return {row.id for row in rows}


def test_the_ledger_of_marks_is_what_the_model_says(draft):
    def make_round(machine):
        cast = draft.cast
        machine.panel.round_id = do(
            rounds.add_round, cast.olga, event_id=cast.event_id, rubric=make_rubric()
        ).id
        for name in JUDGES:
            seat = do(
                seats.add_seat, cast.olga, **machine.panel.place,
                person_id=getattr(cast, name).id,
            )  # fmt: skip
            machine.panel.seats[name] = seat.id
        machine.panel.move("open")

    machine = type("Here", (Marks,), {"panel": draft, "make_round": make_round})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=15, stateful_step_count=20, deadline=None)
    )
