"""What pages share: the site's navigation, an event's tabs, the banner above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
) -> None:
    """Add a tab to the pages of an event; `shown(here)` says for whom.

    A feature's pages lie below its first tab, those in `also` below this one.
    """
    _tabs.append(Entry(order, label, endpoint, shown, also))


def banner(teller: Callable[[Any], Banner | None]) -> None:
    """Tell what stands above every page of an event; the feature lies above this module."""
    _banners[:] = [teller]


def event_banner(here: Any) -> Banner | None:  # noqa: ANN401 - events.access.Here
    """What stands above this page of an event; None where nothing ever will."""
    return _banners[0](here) if _banners else None


def nav(order: int, label: str, endpoint: str, shown: Callable[[Any], bool]) -> None:
    """Add a word to the site's navigation; `shown(actor)` says for whom."""
    _nav.append(Entry(order, label, endpoint, shown))


def event_tabs(here: Any) -> list[tuple[str, str, bool]]:  # noqa: ANN401 - events.access.Here
    """(label, address, whether current) of an event's tabs for this viewer."""
    asked = request.endpoint or ""
    entries = sorted(_tabs, key=lambda entry: entry.order)
    current = next(
        (entry for entry in entries if asked == entry.endpoint or asked in entry.also),
        next((entry for entry in entries if _package(entry.endpoint) == _package(asked)), None),
    )
    return [
        (entry.label, url_for(entry.endpoint, slug=here.event.slug), entry is current)
        for entry in entries
        if entry.shown(here)
    ]


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
