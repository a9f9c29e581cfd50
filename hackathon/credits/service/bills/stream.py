"""The bytes of a bill: gzip or not, bounded, hashed, in parts or as text for the csv reader."""

from __future__ import annotations

import hashlib
import io
import zlib
from typing import TYPE_CHECKING, NamedTuple

from hackathon.shared.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MOST_BYTES = 1 << 30
"""The largest file that is taken: 1 GB, a million rows and more."""
MOST_TEXT = 4 << 30
"""The most a compressed file may unfold to."""
MOST_RATIO = 300
LONGEST_LINE = 1 << 20
BLOCK = 1 << 16
"""Bytes read at once; much larger ones, the system would give and take back each time."""
LONGEST_RECORD = 4 << 20
BOM = b"\xef\xbb\xbf"
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
        self.done = self.lines = self._text = self._line = 0

    @property
    def is_folded(self) -> bool:
        """Whether the file is compressed."""
        return self._unfold is not None

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
            self._ready = memoryview(self.block())
        count = min(len(room), len(self._ready))
        room[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def block(self) -> bytes:
        """The next text; none at the end. Either this or `read`."""
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
            line = self.lines + block[: block.index(b"\0")].count(b"\n") + 1
            raise _wrong(f"Line {line} has a zero byte: this is not text.")
        lines = block.count(b"\n")
        newest = block.rfind(b"\n")
        self._line = len(block) - newest - 1 if newest >= 0 else self._line + len(block)
        if self._line > LONGEST_LINE:
            raise _wrong(f"Line {self.lines + lines + 1} is longer than 1 MB.")
        self.lines += lines


def text_of(source: Bytes) -> io.TextIOWrapper:
    """The text of a file, line by line as it stands there."""
    return io.TextIOWrapper(
        io.BufferedReader(source, BLOCK),  # type: ignore[type-var]
        encoding="utf-8-sig",
        newline="",
        errors="strict",
    )


class Part(NamedTuple):
    """Whole records: the lines and bytes before them, and their text."""

    lines: int
    at: int
    text: bytes


def parts_of(source: Bytes) -> Iterator[Part]:
    """The text in parts of whole records; the header alone first.

    A record ends where a line does and the quotes before it are even. A quote inside a value
    without quotes deceives this; what is then cut in a wrong place does not read as records.

    Raises:
        Invalid: no record ends within 4 MB.
    """
    kept, lines, at, has_header = b"", 0, 0, False
    while block := source.block():
        kept += block
        end = _end_of(kept)
        if not end and len(kept) > LONGEST_RECORD:
            raise _wrong(f"The record that begins in line {lines + 1} has no end.")
        if end and not has_header:
            has_header = True
            first = _first_end(kept)
            yield Part(0, 0, kept[:first].removeprefix(BOM))
            lines, at = kept.count(b"\n", 0, first), first
            kept, end = kept[first:], end - first
        if end:
            part, kept = kept[:end], kept[end:]
            yield Part(lines, at, part)
            lines, at = source.lines - kept.count(b"\n"), at + end
    if kept:
        yield Part(lines, at, kept)


def _end_of(text: bytes) -> int:
    """Behind the last line's end before which the quotes are even; 0 when there is none."""
    quotes, end, at = text.count(b'"'), len(text), text.rfind(b"\n")
    while at >= 0:
        quotes -= text.count(b'"', at, end)
        if quotes % 2 == 0:
            return at + 1
        end, at = at, text.rfind(b"\n", 0, at)
    return 0


def _first_end(text: bytes) -> int:
    """Behind the first record, which has an end."""
    at = text.index(b"\n")
    while text.count(b'"', 0, at) % 2:
        at = text.index(b"\n", at + 1)
    return at + 1
