"""Browsers are named in words, whatever they call themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.shared.devices import LONGEST, device_words

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X)"
GALAXY = "Mozilla/5.0 (Linux; Android 14; SM-S921B)"
WINDOW = "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A; wv)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {KIT} Chrome/131.0.0.0 Mobile Safari/537.36",
         "Chrome on Android"),
        (f"{IPHONE} {APPLE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{IPHONE} {APPLE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (f"{IPHONE} {APPLE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"),
        (f"{IPHONE} {APPLE} EdgiOS/131.0 Version/18.0 Mobile/15E148 Safari/604.1",
         "Edge on iPhone"),
        (f"{IPHONE} {APPLE} Mobile/15E148", "An app on iPhone"),
        (f"{IPAD} {APPLE} Version/17.7 Mobile/15E148 Safari/604.1", "Safari on iPad"),
        (f"{GALAXY} {KIT} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
         "Samsung Internet on Android"),
        (f"{WINDOW} {KIT} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36", "An app on Android"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
         "Firefox on Android"),
        (f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.51", "Edge on Windows"),
        (f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36 OPR/116.0.0.0", "Opera on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
         "Internet Explorer on Windows"),
        (f"{MAC} {APPLE} Version/18.1 Safari/605.1.15", "Safari on Mac"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
         "Firefox on Mac"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {KIT} HeadlessChrome/131.0.0.0 Safari/537.36",
         "Chrome on Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/131.0.0.0 Safari/537.36",
         "Chrome on ChromeOS"),
        (f"Mozilla/5.0 (X11; Ubuntu; Linux x86_64) {APPLE} Odd/1", "A browser on Linux"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("test", "test"),
        ("unknown device", "unknown device"),
        ("", "Unknown browser"),
        ("(only a comment)", "Unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_named_with_what_it_runs_on(user_agent, words):
    assert device_words(user_agent) == words


@given(st.text(max_size=200))
def test_whatever_a_browser_calls_itself_it_gets_a_short_name(text):
    assert 0 < len(device_words(text)) <= LONGEST
