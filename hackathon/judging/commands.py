"""`hackathon judging`: rounds from a file, their steps, standings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hackathon.events.queries import find_event
from hackathon.judging.queries.outcome import rounds_with_firsts
from hackathon.judging.queries.results import (
    in_bands,
    live_standings,
    newest_record,
    recorded_standings,
    score_text,
)
from hackathon.judging.queries.rounds import (
    board_round,
    find_round,
    is_frozen,
    no_such_round,
    rounds_of,
)
from hackathon.judging.rules import State, Verb, next_state, read_rubric, verbs_of
from hackathon.judging.service.results import look_at_values, publish_results
from hackathon.judging.service.rounds import add_round, move
from hackathon.people.access import acting
from hackathon.people.rules import check_organizes
from hackathon.shared.errors import Invalid
from hackathon.shared.facts import last_seq
from hackathon.shared.terminal import Commands, as_json, print_json, print_table
from hackathon.shared.web import act

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.judging.models import Round
    from hackathon.judging.queries.results import Standing

which_round = click.option("--round", "round_id", type=int, help="Its number; default see below.")


@click.group("judging", cls=Commands)
def judging() -> None:
    """Add rounds, open and close them, read standings.

    Without --round: the one round the step fits, for standings the open round, else the
    one revealed last.
    """


@judging.command("add")
@click.argument("slug")
@click.option(
    "--rubric",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON: name, min, max, step and criteria.",
)
def add(slug: str, file: Path) -> None:
    """Add a round in draft and print its number."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Invalid("rubric", "The rubric is not UTF-8 text; nothing was saved.") from None
    rubric = read_rubric(text)

    def work(session: Session) -> int:
        actor = acting(session)
        event = find_event(session, actor, slug)
        return add_round(session, actor, event_id=event.id, rubric=rubric).id

    click.echo(act(work))


def _meant(session: Session, event: Event, verb: Verb, round_id: int | None) -> Round:
    """The round named, else the only one the step fits; a final stands for the round before it.

    Raises:
        NotFound: there is none.
        Invalid: more than one; they are named.
    """
    if round_id is not None:
        return find_round(session, event.id, round_id)
    every, firsts = rounds_with_firsts(session, event.id)
    went_on = {firsts.get(found.id) for found in every if found.state != State.DRAFT}
    fitting = [
        found for found in every if verb in verbs_of(State(found.state)) and found.id not in went_on
    ]
    if len(fitting) > 1:
        known = ", ".join(f"{found.id} ({found.name})" for found in fitting)
        raise Invalid("round", f"Say --round: {known}. Nothing was changed.", field="round")
    if fitting:
        return fitting[0]
    if not every:
        raise no_such_round()
    next_state(State(every[-1].state), verb)  # says what the newest needs
    return every[-1]


DONE = {
    Verb.OPEN: "open",
    Verb.PAUSE: "paused",
    Verb.RESUME: "open again",
    Verb.FREEZE: "frozen; the result record is written",
    Verb.FINALIZE: "final",
    Verb.REVEAL: "revealed; everybody sees the results",
}


HELP = {
    Verb.OPEN: "Open a round: judges see their lists.",
    Verb.PAUSE: "Pause a round; judges read the reason.",
    Verb.RESUME: "Let a paused round go on.",
    Verb.FREEZE: "Close a round and write its result record.",
    Verb.FINALIZE: "Make the results final.",
    Verb.REVEAL: "Show the results to everybody.",
}


def _add_step(verb: Verb) -> None:
    @judging.command(verb.value, help=HELP[verb])
    @click.argument("slug")
    @which_round
    @click.option("--reason", default="", help="Why; it is kept.")
    def step(slug: str, round_id: int | None, reason: str) -> None:
        def work(session: Session) -> str:
            actor = acting(session)
            event = find_event(session, actor, slug)
            check_organizes(actor, event.id)
            found = _meant(session, event, verb, round_id)
            place = {"event_id": event.id, "round_id": found.id}
            if verb is Verb.REVEAL:
                publish_results(session, actor, **place)
            else:
                move(session, actor, **place, verb=verb, reason=reason)
            return found.name

        click.echo(f"{act(work)} is {DONE[verb]}.")


for _verb in Verb:
    _add_step(_verb)


@judging.command("standings")
@click.argument("slug")
@which_round
@click.option("--look", default="", help="Why, before the freeze; all organizers read it.")
@as_json
def standings(slug: str, round_id: int | None, look: str, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the standings; before the freeze only with --look."""

    def work(session: Session) -> tuple[Round, int, list[Standing]]:
        actor = acting(session)
        event = find_event(session, actor, slug)
        check_organizes(actor, event.id)
        if round_id is not None:
            found: Round | None = find_round(session, event.id, round_id)
        else:
            found = board_round(rounds_of(session, event.id))
        if found is None:
            raise no_such_round()
        version = last_seq(session, f"judging:{found.id}")
        record = newest_record(session, found.id) if is_frozen(found) else None
        if record is not None:
            return found, version, recorded_standings(session, record)
        look_at_values(session, actor, event_id=event.id, round_id=found.id, reason=look)
        return found, version, live_standings(session, event, found)

    found, version, rows = act(work)
    if as_json:
        print_json(
            {
                "round": found.id,
                "rule": found.rule,
                "version": version,
                "rows": [row.as_json() for row in rows],
            }
        )
        return
    print_table(
        ["band", "project", "team", "place", "likely", "adjusted", "raw mean", "sheets"],
        [
            (
                row.chance.band if row.chance else "",
                row.title,
                row.team_name,
                row.place,
                f"{row.chance.rank_low}-{row.chance.rank_high}" if row.chance else "",
                score_text(row.adjusted),
                score_text(row.raw_mean),
                row.sheets,
            )
            for band in in_bands(rows)
            for row in band
        ],
    )
