"""What pages share: the site's navigation, an event's tabs, the banner above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request, url_for

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Entry:
    """One place in a navigation."""

    order: int
    label: str
    endpoint: str
    shown: Callable[[Any], bool]
    also: tuple[str, ...] = ()
    front: Callable[[Any], bool] = lambda _here: False


class Tab(NamedTuple):
    """A tab as a viewer finds it; those not in front lie below "More" on a phone."""

    label: str
    url: str
    is_current: bool
    is_front: bool


IN_FRONT, LETTERS = 4, 31
"""So many tabs, of so many letters together, and "More" are as wide as a phone of 360 px."""


@dataclass(frozen=True)
class Banner:
    """What everybody on a page of an event must know now: that judging is paused, and why."""

    slug: str
    is_paused: bool = False
    reason: str = ""


_banners: list[Callable[[Any], Banner | None]] = []
_tabs: list[Entry] = []
_nav: list[Entry] = []


def tab(
    order: int,
    label: str,
    endpoint: str,
    shown: Callable[[Any], bool],
    *,
    also: tuple[str, ...] = (),
    front: Callable[[Any], bool] = lambda _here: False,
) -> None:
    """Add a tab to the pages of an event; `shown(here)` says for whom.

    A feature's pages lie below its first tab, those in `also` below this one. `front(here)`
    says who needs it first in this phase: where a phone is too narrow for all, it stays.
    """
    _tabs.append(Entry(order, label, endpoint, shown, also, front))


def banner(teller: Callable[[Any], Banner | None]) -> None:
    """Tell what stands above every page of an event; the feature lies above this module."""
    _banners[:] = [teller]


def event_banner(here: Any) -> Banner | None:  # noqa: ANN401 - events.access.Here
    """What stands above this page of an event; None where nothing ever will."""
    return _banners[0](here) if _banners else None


def nav(order: int, label: str, endpoint: str, shown: Callable[[Any], bool]) -> None:
    """Add a word to the site's navigation; `shown(actor)` says for whom."""
    _nav.append(Entry(order, label, endpoint, shown))


def event_tabs(here: Any) -> list[Tab]:  # noqa: ANN401 - events.access.Here
    """The event's tabs for this viewer, in their order; the current one is always in front."""
    asked = request.endpoint or ""
    entries = sorted(_tabs, key=lambda entry: entry.order)
    current = next(
        (entry for entry in entries if asked == entry.endpoint or asked in entry.also),
        next((entry for entry in entries if _package(entry.endpoint) == _package(asked)), None),
    )
    shown = [entry for entry in entries if entry.shown(here)]
    wanted = sorted(shown, key=lambda entry: (entry is not current, not entry.front(here)))
    front = _as_many_as_fit(wanted)
    return [
        Tab(
            entry.label,
            url_for(entry.endpoint, slug=here.event.slug),
            entry is current,
            entry in front,
        )
        for entry in shown
    ]


def _as_many_as_fit(wanted: list[Entry]) -> list[Entry]:
    """Those to keep in front where it is narrow; the first are wanted most."""
    if len(wanted) <= IN_FRONT + 1 and sum(len(entry.label) for entry in wanted) <= LETTERS:
        return wanted  # no more room than these and "More" would take
    front = wanted[:IN_FRONT]
    while sum(len(entry.label) for entry in front) > LETTERS:
        front = front[:-1]
    return front


def _package(endpoint: str) -> str:
    return endpoint.split(".", maxsplit=1)[0]


def nav_items(actor: object) -> list[tuple[str, str, bool]]:
    """(label, address, whether current) of the site's navigation for this viewer."""
    package = (request.endpoint or "").split(".")[0]
    if "slug" in (request.view_args or {}):
        package = "events"  # every page of an event lies below Events
    return [
        (entry.label, url_for(entry.endpoint), package == entry.endpoint.split(".")[0])
        for entry in sorted(_nav, key=lambda entry: entry.order)
        if entry.shown(actor)
    ]
