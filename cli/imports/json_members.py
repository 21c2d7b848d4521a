"""Cut the members of arrays out of a JSON document of any size, each as a text of its own.

So a member that no parser takes (a number of 5,000 digits, a nesting of 10,000) fails alone.
"""

import re
from collections.abc import Collection, Iterator
from itertools import repeat

from cli.imports.content import LONGEST
from cli.imports.row import UnreadableFile

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|(?P<cut>\\?\Z))'
_TOKEN = re.compile(rf"(?:{_STRING})|[][{{}},:]", re.DOTALL)
_WHOLE_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TO_BRACKET = re.compile(rf'(?:[^][{{}}"]++|{_WHOLE_STRING})*+([][{{}}]?)', re.DOTALL)
_TO_BRACKET_OR_COMMA = re.compile(rf'(?:[^][{{}},"]++|{_WHOLE_STRING})*+([][{{}},]?)', re.DOTALL)
_SHALLOW = 5  # brackets inside each other in a member that is matched as a whole


def _inside(depth: int) -> str:
    """The pattern of what may stand between two brackets, with so many levels of brackets in it."""
    deeper = rf"|[\[{{]{_inside(depth - 1)}[]}}]" if depth else ""
    return rf'(?:[^][{{}}"]++|{_WHOLE_STRING}{deeper})*+'


_MEMBER = re.compile(rf'(?:[^][{{}},"]++|{_WHOLE_STRING}|[\[{{]{_inside(_SHALLOW - 1)}[]}}])*+([]}},])', re.DOTALL)
_DEEPEST = 8  # arrays of people are not deeper
_CUT = "the JSON is cut off: a bracket or a quotation mark is not closed before the end of the file"


def json_members(pieces: Iterator[str], arrays: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield path and text of each member of the arrays at these dotted paths; "" is the document itself.

    Raises `UnreadableFile`: a document that is cut off or goes on after its end, a record longer than 16 MiB.
    """
    scanner = _Scanner(pieces)
    wanted = {f"[{path}" for path in arrays}
    stack: list[str] = []  # the keys that lead to where the scanner is; "" inside an array
    key = last = ""
    while mark := scanner.take_mark(bool(stack)):
        if mark == ":":
            key = last
        elif mark in "[{":
            path = _path(stack, key)
            stack.append(key)
            key = ""
            if mark + path in wanted:
                yield from zip(repeat(path), scanner.members(), strict=False)
                _close(stack, scanner)
        elif mark in "]}":
            key = ""
            _close(stack, scanner)
        last = mark[1:-1]


def _close(stack: list[str], scanner: "_Scanner") -> None:
    if stack:
        stack.pop()
    if not stack and scanner.take_mark(inside=False):
        raise UnreadableFile("the JSON has extra data after its end")


def _path(stack: list[str], key: str) -> str:
    return ".".join(part for part in [*stack, key] if part) if len(stack) < _DEEPEST else "too deep"


class _Scanner:
    """Brackets, commas and strings of a text that comes in pieces."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._kept = 0  # where the text begins that is still needed

    def take_mark(self, inside: bool) -> str | None:
        """Return the next bracket, comma, colon or string; None at an end that is not `inside` the document."""
        while True:
            found = _TOKEN.search(self._text, self._at)
            if found and found["cut"] is None:
                self._at = found.end()
                return found.group()
            self._kept = self._at = found.start() if found else len(self._text)
            if not self._read_on():
                if found or inside:
                    raise UnreadableFile(_CUT)
                return None

    def members(self) -> Iterator[str]:
        """Yield the members of an array whose bracket was the last token."""
        mark = ","
        while mark == ",":
            self._kept = self._at
            mark = self._skip_member()
            text = self._text[self._kept : self._at - 1]
            if mark == "," or text.strip():
                yield text
        self._kept = self._at

    def _skip_member(self) -> str:
        """Return the comma or bracket after a member."""
        if found := _MEMBER.match(self._text, self._at):  # five times as fast as bracket by bracket
            self._at = found.end()
            return found[1]
        depth = 0  # it goes on in the next piece, or is deep
        while True:
            mark = self._skip_to(_TO_BRACKET if depth else _TO_BRACKET_OR_COMMA)
            if mark in "[{":
                depth += 1
            elif depth:
                depth -= 1
            else:
                return mark

    def _skip_to(self, marks: re.Pattern[str]) -> str:
        """Return the next of these marks that is not in a string."""
        while True:
            if found := marks.match(self._text, self._at):
                self._at = found.end()
                if found[1]:
                    return found[1]
            if not self._read_on():
                raise UnreadableFile(_CUT)

    def _read_on(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._text = self._text[self._kept :] + piece
        self._at -= self._kept
        self._kept = 0
        if len(self._text) > LONGEST:
            raise UnreadableFile(f"a record or text is longer than {LONGEST:,} characters")
        return True
