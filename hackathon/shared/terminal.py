"""The command line door: refusals as exit code 1, tables as text or JSON, who acts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from hackathon.shared.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def _keep_actor(context: click.Context, _option: object, address: str) -> None:
    if address:
        context.find_root().obj = {**(context.find_root().obj or {}), "as": address}


acting_as = click.option(
    "--as", metavar="EMAIL", default="", expose_value=False, callback=_keep_actor,
    help="Act as this person.",
)  # fmt: skip
"""The option of the whole command, also taken after the name of one of its parts."""


def acting_email() -> str:
    """The address given by `--as`; empty for the command line itself."""
    obj = click.get_current_context().find_root().obj or {}
    return str(obj.get("as", ""))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns."""
    texts = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in texts) for i in range(len(header))]
    for row in texts:
        click.echo("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())


def print_json(value: object) -> None:
    """Print one JSON value."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


class Commands(click.Group):
    """A group whose refusals end with a sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command; a Refusal is an answer, not a crash."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(refusal.message, err=True)
            ctx.exit(1)
