"""A phone's camera for tests: reads the QR code that a terminal shows, from its half blocks.

Written against ISO/IEC 18004, not against the library that draws: versions 1 to 5 with data in
one block, bytes only. A terminal has no scratches, so errors are not corrected.
"""

from __future__ import annotations

L, M, Q, H = 1, 0, 3, 2
ONE_BLOCK = {1: (L, M, Q, H), 2: (L, M, Q, H), 3: (L, M), 4: (L,), 5: (L,)}
"""The levels of error correction at which a version keeps its data in one piece."""

MASKS = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, _c: r % 2 == 0,
    lambda _r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)


def scan(screen: str) -> str:
    """The text of the one code on a screen whose background is dark.

    Raises:
        ValueError: there is no code, or not one that this camera reads.
    """
    rows = _squares(screen)
    size = len(rows)
    version, rest = divmod(size - 17, 4)
    if rest or version not in ONE_BLOCK or any(len(row) != size for row in rows):
        message = f"not a small QR code: {size} rows"
        raise ValueError(message)
    form = _number([rows[8][column] for column in (0, 1, 2, 3, 4, 5, 7, 8)]) ^ (0x5412 >> 7)
    level, mask = form >> 6, (form >> 3) & 7
    if level not in ONE_BLOCK[version]:
        message = f"in several blocks: version {version}, level {level:02b}"
        raise ValueError(message)
    bits = [
        rows[row][column] ^ MASKS[mask](row, column)
        for row, column in _way(size)
        if not _is_fixed(row, column, size)
    ]
    kind, length = _number(bits[:4]), _number(bits[4:12])
    if kind != 4:
        message = f"not bytes: {kind:04b}"
        raise ValueError(message)
    text = [_number(bits[12 + at * 8 : 20 + at * 8]) for at in range(length)]
    return bytes(text).decode()


def _squares(screen: str) -> list[list[bool]]:
    """Rows of squares, true where dark, without the quiet border."""
    lines = [line for line in screen.splitlines() if line and set(line) <= set("█▀▄ ")]
    rows: list[list[bool]] = []
    for line in lines:
        rows.append([half in "▄ " for half in line])
        rows.append([half in "▀ " for half in line])
    dark = [at for at, row in enumerate(rows[:-1]) if any(row)]
    if not dark:
        message = "no code on this screen"
        raise ValueError(message)
    top, left = dark[0], rows[dark[0]].index(True)
    size = len(rows[0]) - 2 * left
    return [row[left : left + size] for row in rows[top : top + size]]


def _number(bits: list[bool]) -> int:
    return int("".join("01"[bit] for bit in bits), 2)


def _is_fixed(row: int, column: int, size: int) -> bool:
    """Whether a square belongs to the finders, the timing, the alignment or the format."""
    in_corner = (row < 9 and (column < 9 or column >= size - 8)) or (row >= size - 8 and column < 9)
    aligned = size > 21 and all(size - 9 <= at < size - 4 for at in (row, column))
    return in_corner or aligned or 6 in (row, column)


def _way(size: int) -> list[tuple[int, int]]:
    """The order of the squares: two columns at a time from the right, up and down."""
    pairs = [right if right > 6 else right - 1 for right in range(size - 1, 0, -2)]
    found = []
    for at, right in enumerate(pairs):
        rows = range(size) if at % 2 else range(size - 1, -1, -1)
        found.extend((row, column) for row in rows for column in (right, right - 1))
    return found
