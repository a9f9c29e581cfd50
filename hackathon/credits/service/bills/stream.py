"""The bytes of a bill: gzip or not, bounded, hashed, as text for the csv reader."""

from __future__ import annotations

import hashlib
import io
import zlib
from typing import TYPE_CHECKING

from hackathon.shared.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_BYTES = 1 << 30
"""The largest file that is taken: 1 GB, a million rows and more."""
MOST_TEXT = 4 << 30
"""The most a compressed file may unfold to."""
MOST_RATIO = 300
LONGEST_LINE = 1 << 20
BLOCK = 1 << 18
GZIP = b"\x1f\x8b"
FOREIGN = (
    (b"PAR1", "This is a Parquet file; export the bill as CSV or CSV.gz."),
    (b"PK\x03\x04", "This is a ZIP file; unpack it first and take the CSV inside."),
    (b"\xff\xfe", "This text is UTF-16; save it as UTF-8."),
    (b"\xfe\xff", "This text is UTF-16; save it as UTF-8."),
)


def _wrong(why: str) -> Invalid:
    return Invalid("not_readable", f"{why} Nothing was imported.", field="file")


class Bytes(io.RawIOBase):
    """A file as it is read: unfolded, counted, hashed, refused at its limits.

    `told` is called with the bytes of the file read so far, once a block; what it raises
    ends the reading.
    """

    def __init__(self, path: Path, told: Callable[[int], object] = lambda _done: None) -> None:
        super().__init__()
        self.size = path.stat().st_size
        if self.size > MOST_BYTES:
            raise TooLarge("too_large", "A bill has at most 1 GB. Nothing was imported.")
        self._file = path.open("rb")
        start = self._file.read(4)
        self._file.seek(0)
        for sign, why in FOREIGN:
            if start.startswith(sign):
                raise _wrong(why)
        self._told = told
        self._unfold = zlib.decompressobj(31) if start.startswith(GZIP) else None
        self._folded = b""
        self._ready = memoryview(b"")
        self._hash = hashlib.sha256()
        self.done = self._text = self._lines = self._line = 0

    @property
    def digest(self) -> str:
        """The SHA-256 of the file as it is, once all of it was read."""
        return self._hash.hexdigest()

    def readable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Close the file below, too."""
        if not self.closed:
            self._file.close()
        super().close()

    def readinto(self, room: bytearray) -> int:  # type: ignore[override]
        """Fill the room with the next text."""
        if not self._ready:
            self._ready = memoryview(self._next())
        count = min(len(room), len(self._ready))
        room[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _next(self) -> bytes:
        block = self._raw() if self._unfold is None else self._unfolded()
        self._text += len(block)
        if self._unfold is not None and (
            self._text > MOST_TEXT or (self._text > 1 << 26 and self._text > MOST_RATIO * self.done)
        ):
            raise _wrong("The compressed file unfolds to far too much.")
        self._check(block)
        return block

    def _raw(self) -> bytes:
        block = self._file.read(BLOCK)
        if block:
            self._hash.update(block)
            self.done += len(block)
            self._told(self.done)
        return block

    def _unfolded(self) -> bytes:
        """The next text of a compressed file; it may have several members."""
        while True:
            if self._unfold is None:  # for the type checker: asked before
                return b""
            if not self._folded:
                self._folded = self._raw()
            try:
                if not self._folded:
                    if not self._unfold.eof:
                        raise _wrong("The compressed file is cut off.")
                    return b""
                if self._unfold.eof:
                    self._unfold = zlib.decompressobj(31)
                block = self._unfold.decompress(self._folded, BLOCK)
            except zlib.error:
                raise _wrong("The compressed file is damaged.") from None
            self._folded = self._unfold.unconsumed_tail or self._unfold.unused_data
            if block:
                return block

    def _check(self, block: bytes) -> None:
        """No zero bytes, no line without end."""
        if b"\0" in block:
            line = self._lines + block[: block.index(b"\0")].count(b"\n") + 1
            raise _wrong(f"Line {line} has a zero byte: this is not text.")
        lines = block.count(b"\n")
        newest = block.rfind(b"\n")
        self._line = len(block) - newest - 1 if newest >= 0 else self._line + len(block)
        if self._line > LONGEST_LINE:
            raise _wrong(f"Line {self._lines + lines + 1} is longer than 1 MB.")
        self._lines += lines


def text_of(source: Bytes) -> io.TextIOWrapper:
    """The text of a file, line by line as it stands there."""
    return io.TextIOWrapper(
        io.BufferedReader(source, BLOCK),  # type: ignore[type-var]
        encoding="utf-8-sig",
        newline="",
        errors="strict",
    )
