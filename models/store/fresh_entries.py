"""Journal entries that this process commits itself, so that the relay need not read them back."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from models.store.client import BsonDict
from models.store.journal import OutboxEvent

LIMIT = 1000  # entries in memory: what is committed beyond is read back
MAX_LENGTH = 16_000  # characters of an entry's events


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """A journal entry with its unsent events, in order; `id` is a text, of a further part of an entry a mapping."""

    id: Any
    events: list[OutboxEvent]


class FreshEntries:
    """Entries from before their commit until their events are sent, while this process relays.

    Only those whose events are the first of their subjects are held: nothing about these subjects can wait to be sent
    before them, whichever process has committed it. `is_behind` says whether there may be other entries to send, which
    only the database knows.
    """

    def __init__(self) -> None:
        self.is_behind = True
        self._is_kept = False
        self._held: dict[str, PendingEntry] = {}
        self._committed: deque[PendingEntry] = deque()
        self._sent: list[Any] = []  # ids that are not marked yet

    @property
    def ids(self) -> list[Any]:
        """The ids of the entries that are held, and of those that were sent and not taken to be marked."""
        return [*self._held, *self._sent]

    def keep(self, is_kept: bool) -> None:
        """Hold entries from now on, or forget them all: another process may send them."""
        if self._is_kept and not is_kept:
            self._held.clear()
            self._committed.clear()
            self.is_behind = True
        self._is_kept = is_kept

    @contextmanager
    def hold(self, entries: Collection[BsonDict]) -> Iterator[None]:
        """Hold the entries that the block commits; where it fails, which may be in doubt, the database has the word."""
        held = [PendingEntry(entry["_id"], _events(entry)) for entry in entries if self._may_hold(entry)]
        self._held.update({entry.id: entry for entry in held})
        is_committed = False
        try:
            yield
            is_committed = True
        finally:
            ours = [entry for entry in held if self._held.get(entry.id) is entry]
            if is_committed:
                self._committed += ours
            else:
                self._release(ours)
            if not is_committed or len(ours) < sum("events" in entry for entry in entries):
                self.is_behind = True

    def take(self) -> list[PendingEntry]:
        """Return the committed entries, in the order of their commits; they stay held until they are settled."""
        taken = [*self._committed]
        self._committed.clear()
        return taken

    def settle(self, entries: Collection[PendingEntry], sent: Collection[Any]) -> None:
        """Hold entries no longer, of which those with the ids `sent` wait to be marked; the others will be found."""
        self._release(entries)
        self._sent += sent
        self.is_behind = self.is_behind or len(sent) < len(entries)

    def take_sent(self) -> list[Any]:
        """Return the ids of the entries that were sent, to mark them."""
        taken, self._sent = self._sent, []
        return taken

    def leave_followers(self, found: Collection[PendingEntry]) -> list[PendingEntry]:
        """Return entries that were found without held ones, and without what is about the subject of one."""
        subjects = {event.subject for held in self._held.values() for event in held.events}
        others = [
            entry
            for entry in found
            if not self._holds(entry.id) and not any(event.subject in subjects for event in entry.events)
        ]
        self.is_behind = self.is_behind or len(others) < len(found)
        return others

    def _holds(self, id: Any) -> bool:
        return isinstance(id, str) and id in self._held

    def _release(self, entries: Collection[PendingEntry]) -> None:
        for entry in entries:
            if self._holds(entry.id):
                del self._held[entry.id]

    def _may_hold(self, entry: BsonDict) -> bool:
        # a further part is not first of its subjects, or of an entry too large to hold: the relay reads it
        if not self._is_kept or not isinstance(entry["_id"], str) or entry["_id"] in self._held:
            return False
        if len(self._held) >= LIMIT:
            return False
        events = entry.get("events", ())
        return bool(events) and sum(len(event["body"]) for event in events) <= MAX_LENGTH and _are_first(events)


def _are_first(events: Iterable[BsonDict]) -> bool:
    last: Counter[str] = Counter()
    for event in events:
        last[event["subject"]] += 1
        if event["sequence"] != last[event["subject"]]:
            return False
    return True


def _events(entry: BsonDict) -> list[OutboxEvent]:
    return [OutboxEvent(**event) for event in entry["events"]]
