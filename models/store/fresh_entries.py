"""Journal entries that this process commits itself, so that the relay need not read them back."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from models.store.client import BsonDict
from models.store.journal import OutboxEvent
from models.store.lanes import WHOLE, Lane, all_lanes

LIMIT = 1000  # entries in memory: what is committed beyond is read back
MAX_LENGTH = 16_000  # characters of an entry's events


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """A journal entry with its unsent events, in order; `id` is a text, of a further part of an entry a mapping.

    `slots` are those of its events where they are stored.
    """

    id: Any
    events: list[OutboxEvent]
    slots: list[int] | None = field(default=None, compare=False)


class FreshEntries:
    """Entries from before their commit until their events are sent, while this process relays their lane.

    Only those whose events are the first of their subjects are held: nothing about these subjects can wait to be sent
    before them, whichever process has committed it. All their events are in the lane. `is_behind` says whether there
    may be other entries to send, which only the database knows.
    """

    def __init__(self, lane: Lane = WHOLE) -> None:
        self.lane = lane
        self.is_behind = True
        self._is_touched = False
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

    def take_touched(self) -> bool:
        """Return whether this process has committed any event of the lane since the last call."""
        touched, self._is_touched = self._is_touched, False
        return touched

    def record(self, subjects: Collection[str]) -> None:
        """Record that events about these subjects were committed, which are left to be found."""
        if any(self.lane.has(subject) for subject in subjects):
            self.is_behind = self._is_touched = True

    @contextmanager
    def hold(self, entries: Collection[BsonDict]) -> Iterator[None]:
        """Hold the entries that the block commits; where it fails, which may be in doubt, the database has the word."""
        entries = [entry for entry in entries if self.lane.has_any(entry)]
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
            self._is_touched = self._is_touched or bool(entries)
            if not is_committed or len(ours) < len(entries):
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
        events = entry["events"]
        is_small = sum(len(event["body"]) for event in events) <= MAX_LENGTH
        return is_small and _are_first(events) and all(self.lane.has(event["subject"]) for event in events)


class FreshLanes:
    """The fresh entries of all lanes: a process commits events of any."""

    def __init__(self) -> None:
        self.lanes = [FreshEntries()]

    def split(self, count: int) -> list[FreshEntries]:
        """Begin anew with so many lanes, of which none is relayed by this process yet; return theirs."""
        self.lanes = [FreshEntries(lane) for lane in all_lanes(count)]
        return self.lanes

    def record(self, subjects: Collection[str]) -> None:
        """Record that events about these subjects were committed, which are left to be found."""
        for lane in self.lanes:
            lane.record(subjects)

    @contextmanager
    def hold(self, entries: Collection[BsonDict]) -> Iterator[None]:
        """Hold the entries that the block commits, each in the lane that has all its events, if one has."""
        with ExitStack() as stack:
            for lane in self.lanes:
                stack.enter_context(lane.hold(entries))
            yield


def _are_first(events: Iterable[BsonDict]) -> bool:
    last: Counter[str] = Counter()
    for event in events:
        last[event["subject"]] += 1
        if event["sequence"] != last[event["subject"]]:
            return False
    return True


def _events(entry: BsonDict) -> list[OutboxEvent]:
    return [OutboxEvent(**event) for event in entry["events"]]
