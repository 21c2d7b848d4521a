"""Dead letters counted by cause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dead_letters.dead_letter import DeadLetter

SHOWN = 200  # characters of a cause


@dataclass(frozen=True, slots=True)
class DeadGroup:
    """The dead letters of one cause and name: how many, since when, and the beginning of one's text."""

    reason: str
    name: str
    letters: int
    oldest: datetime | None
    text: str


def group_by_cause(found: Iterable[DeadLetter]) -> list[DeadGroup]:
    """Count dead letters by reason and name, the most first."""
    groups: dict[tuple[str, str], list[DeadLetter]] = {}
    for each in found:
        groups.setdefault((each.reason, each.name), []).append(each)
    return [_group(letters) for letters in sorted(groups.values(), key=len, reverse=True)]


def _group(letters: Sequence[DeadLetter]) -> DeadGroup:
    first = letters[0]
    text = " ".join(first.says[:SHOWN].split())
    return DeadGroup(first.reason, first.name, len(letters), min((x.at for x in letters if x.at), default=None), text)
