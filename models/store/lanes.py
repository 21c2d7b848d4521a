"""Lanes of the relay: each has the events of its share of the subjects, so that several processes send at once."""

from dataclasses import dataclass
from zlib import crc32

from models.store.client import BsonDict

SLOTS = 64  # that a journal entry names: whatever the number of lanes, a slot is in one of them
MOST_LANES = 16


def subject_slot(subject: str) -> int:
    """Return the slot of a subject, the same in every process and version: entries are stored with it."""
    return crc32(subject.encode()) % SLOTS


@dataclass(frozen=True, slots=True)
class Lane:
    """Lane `number` of `count`, from 0 on."""

    number: int
    count: int

    @property
    def is_whole(self) -> bool:
        """Whether it is the only one."""
        return self.count == 1

    @property
    def slots(self) -> list[int]:
        """The slots whose events it has."""
        return [*range(self.number, SLOTS, self.count)]

    def has(self, subject: str) -> bool:
        """Whether events about this subject are in the lane."""
        return self.is_whole or subject_slot(subject) % self.count == self.number

    def has_any(self, entry: BsonDict) -> bool:
        """Whether any event of a journal entry is in the lane."""
        return any(self.has(event["subject"]) for event in entry.get("events", ()))


WHOLE = Lane(0, 1)


def all_lanes(count: int) -> list[Lane]:
    """Return so many lanes, which together have every subject once."""
    return [Lane(number, count) for number in range(count)]
