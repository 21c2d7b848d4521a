"""The text of a file: unpacked, decoded, in pieces or in lines, so that a file of any size fits in memory."""

import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from cli.imports.row import UnreadableFile

PIECE = 256 * 1024  # bytes
LONGEST = 16 * 1024 * 1024  # characters of one line or record
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
GZIP = b"\x1f\x8b"


class Content:
    """A file of text, gzip or plain, in UTF-8 or with a mark in UTF-16; `read` is the number of bytes read so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.lower().removesuffix(".gz")
        self.read = 0
        self._found = _signature(path)

    def pieces(self) -> Iterator[str]:
        """Yield the text. Raises `UnreadableFile`: cut off, not UTF-8, or changed since this object was made."""
        lines = 0
        with self.path.open("rb") as file:
            decoder, unpacked = _decoder(_unpack(file)), _unpack(file)
            try:
                while piece := unpacked.read(PIECE):
                    text = decoder.decode(piece)
                    lines += text.count("\n")
                    self.read = file.tell()
                    self.require_unchanged()
                    yield text
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n") + 1
                raise UnreadableFile(f"line {line} is not UTF-8: save the file as UTF-8") from error
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise UnreadableFile(f"the gzip file is cut off or damaged after line {lines}: {error}") from error

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends. Raises `UnreadableFile` as `pieces`, and for a line longer than 16 MiB."""
        rest, number = "", 0
        for piece in self.pieces():
            *whole, rest = (rest + piece).split("\n")
            number += len(whole)
            if len(rest) > LONGEST:
                raise UnreadableFile(f"line {number + 1} is longer than {LONGEST:,} characters")
            for line in whole:
                yield f"{line}\n"
        if rest:
            yield rest

    def require_unchanged(self) -> None:
        """Raise `UnreadableFile` if somebody has written to the file since this object was made."""
        if _signature(self.path) != self._found:
            raise UnreadableFile("the file has changed while it was read: wait until it is complete, and start again")


def _signature(path: Path) -> tuple[int, int, int]:
    status = os.stat(path)
    return status.st_ino, status.st_size, status.st_mtime_ns


def _unpack(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    packed = file.read(len(GZIP)) == GZIP
    file.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def _decoder(file: BinaryIO) -> codecs.IncrementalDecoder:
    try:
        beginning = file.read(3)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        beginning = b""  # told when it is read
    encoding = next((name for mark, name in MARKS.items() if beginning.startswith(mark)), "utf-8")
    return codecs.getincrementaldecoder(encoding)("strict")
