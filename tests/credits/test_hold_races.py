"""Property 18: of many holds at once exactly as many go through as fit."""

import threading

import sqlalchemy as sa
from make import cents, make_team
from treasury import capture, hold, token, void

from hackathon.credits.models import Account, Hold
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import budgets, grants, holds
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.errors import Refusal
from hackathon.shared.facts import broken_links
from hackathon.shared.web import act


def rich(cast, amount):
    """A team with an amount of dollars, and its token."""
    with transaction() as session:
        more = {"event_id": cast.event_id}
        team = make_team(session, cast.event_id).id
        budgets.fund(session, COMMAND_LINE, **more, amount=cents(amount))
        grants.grant(
            session, COMMAND_LINE, **more, team_id=team, amount=cents(amount), reason="All"
        )
    return team, token(cast, team)[0]


def at_once(app, count, work):
    """Run `work(number)` in threads that start together; returns their answers and refusals."""
    start, answers, words, crashes = threading.Barrier(count), [], [], []

    def run(number):
        with app.app_context():
            start.wait()
            try:
                answers.extend(work(number, words))
            except Exception as error:  # noqa: BLE001 - reported below
                crashes.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crashes == []
    return answers, words


def balances(team):
    rows = reading().execute(sa.select(Account.kind, Account.balance).filter_by(team_id=team))
    return dict(rows.all())


def test_eight_threads_race_seven_dollar_holds_on_5000_and_714_fit(database, cast):
    team, token_id = rich(cast, 5000)

    def work(number, words):
        made = []
        for count in range(1000):
            try:
                row, _ = act(
                    lambda session, key=f"{number}-{count}": holds.make_hold(
                        session, token_id=token_id, key=key, amount=cents(7), source="AWS"
                    )
                )
                made.append(row.id)
            except Refusal as refusal:
                words.append(refusal.word)
                if refusal.word == "over_available":
                    return made
        return made

    made, words = at_once(database, 8, work)
    assert (len(made), set(words) - {"busy"}) == (714, {"over_available"})
    assert balances(team)["held"] == cents(7) * 714
    assert balances(team)["available"] == cents(2)
    assert (wrong_balances(reading()), broken_links(reading())) == ([], [])


def test_edge_42_of_a_capture_a_void_and_an_expiry_at_once_exactly_one_ends_the_hold(
    database, cast
):
    team, token_id = rich(cast, 100)
    for round_ in range(4):
        made, _ = hold(token_id, 10, key=str(round_))

        def work(number, words, made=made):
            try:
                verb = (
                    (lambda: capture(token_id, made.id, 4)),
                    (lambda: void(token_id, made.id)),
                )[number % 2]
                verb()
            except Refusal as refusal:
                words.append(refusal.word)
                return []
            return [number % 2]

        answers, words = at_once(database, 6, work)
        assert len(set(answers)) == 1
        assert set(words) <= {"hold_ended", "busy"}
    found = balances(team)
    captured = reading().scalar(sa.select(sa.func.count(Hold.id)).filter_by(state="captured"))
    assert (found["held"], found["spent"]) == (0, cents(4) * captured)
    assert wrong_balances(reading()) == []


def test_one_key_by_eight_threads_at_once_is_one_hold(database, cast):
    team, token_id = rich(cast, 100)

    def work(_number, _words):
        row, _ = act(
            lambda session: holds.make_hold(
                session, token_id=token_id, key="same", amount=cents(7), source="AWS"
            )
        )
        return [row.id]

    answers, _ = at_once(database, 8, work)
    assert len(set(answers)) == 1
    assert balances(team)["held"] == cents(7)
