"""Conditions on dead letters, as a form or an address of the console gives them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Self

from pydantic import BaseModel

from bridge.console.page import read_time
from dead_letters.dead_letter import DeadLetter, Selection

TIMES = ("since", "until")
Choices = list[tuple[str, str]]


class DeadConditions(BaseModel):
    """What dead letters must be like, all of it: exact values, a part of a text, and a time since and until which.

    An empty one stands for any.
    """

    id: str = ""
    reason: str = ""
    name: str = ""
    caller: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """Read the conditions; a time that is none raises `ValidationError`, since without it more would be meant."""
        found = {name: given[name] for name in cls.model_fields if given.get(name)}
        return cls.model_validate(found | {name: read_time(found[name]) for name in TIMES if name in found})

    def selection(self) -> Selection:
        """The selection of these conditions, as of now."""
        now = datetime.now(UTC)
        return Selection(
            frozenset([self.id] if self.id else []),
            _literal(self.name),
            _literal(self.reason),
            older=now - self.until if self.until else None,
            newer=now - self.since if self.since else None,
            text=self.text,
            caller=_literal(self.caller),
            whole=True,
        )

    def values(self) -> dict[str, str]:
        """The conditions that were given, as an address or a hidden field holds them."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value}


def make_choices(found: Iterable[DeadLetter]) -> dict[str, Choices]:
    """The causes, requests and senders that there are, each with "any" before them."""
    letters = [*found]
    values = {
        "reason": {letter.reason for letter in letters},
        "name": {letter.name for letter in letters},
        "caller": {sender for letter in letters for sender in (letter.app_id, letter.caller)},
    }
    return {name: [("", "Any"), *((each, each) for each in sorted(known) if each)] for name, known in values.items()}


def _literal(text: str) -> str:
    """A text in which nothing is a wildcard; all, where there is none."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in text) or "*"
