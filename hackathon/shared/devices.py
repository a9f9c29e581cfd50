"""What a browser calls itself, in words that its person knows: `Chrome on Android`."""

from __future__ import annotations

import re

BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|OPT/|OPiOS/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Vivaldi/", "Vivaldi"),
    (r"YaBrowser/", "Yandex"),
    (r"(?:DuckDuckGo|Ddg)/", "DuckDuckGo"),
    (r"(?:Firefox|FxiOS|Focus)/", "Firefox"),
    (r"; wv\)", "An app"),
    (r"(?:CriOS|Chrome|HeadlessChrome|Chromium)/", "Chrome"),
    (r"MSIE |Trident/", "Internet Explorer"),
    (r"Version/[\d.]+.*Safari/", "Safari"),
    (r"\(i(?:Phone|Pad|Pod)", "An app"),
)
"""The first that fits: nearly all also say Chrome, and those say Safari; on Apple's phones
what is no browser is the window of an app."""

SYSTEMS = (
    (r"iPhone|iPod", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"CrOS", "ChromeOS"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X", "Mac"),
    (r"Linux|X11", "Linux"),
)
LONGEST = 40
"""Characters kept of a name that is not known."""


def device_words(user_agent: str) -> str:
    """A browser and what it runs on; of a program its own name, and `Unknown browser` of nothing.

    What is said is the browser's word: it names a device to its person and proves nothing.
    """
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    if browser or system:
        return browser or f"A browser on {system}"
    return re.split(r"[/(;]", user_agent)[0].strip()[:LONGEST] or "Unknown browser"


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, text)), "")
