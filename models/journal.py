"""The journal: one entry a command, which is inbox, outbox and audit trail in one document."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from bson import Timestamp
from pymongo.errors import DuplicateKeyError

from models.document import now
from models.errors.base import MessageReused, TryAgain
from models.keys import Keys
from models.store import Row, Store

PART = 1000  # events a document
PART_LENGTH = 2_000_000  # characters, of 4 bytes at most: MongoDB takes 16 MB, and the relay reads whole parts
KEPT = "kept_until"  # what `expires_at` is called until the events are sent
UNSET = Timestamp(0, 0)  # MongoDB puts its own clock in its place: it grows with every write, whoever is primary
MINTED = "\ue000minted\ue000"  # stands for the token in a stored reply


@dataclass(frozen=True, slots=True)
class Form:
    """What a minted text looks like: 256 bits, a reference of 128 bits, or a JWT of these claims (which are kept)."""

    kind: Literal["token", "reference", "jwt"] = "token"
    key: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


TOKEN = Form()
REFERENCE = Form("reference")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a command, what it was: all that the journal keeps of a message besides its outcome."""

    name: str
    message_id: str
    digest: str
    app_id: str | None = None
    actor: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event to be sent: its CloudEvents JSON and what the relay needs to route and order it."""

    id: str
    name: str
    subject: str
    sequence: int
    body: str

    def to_row(self) -> Row:
        """The event as the journal stores it."""
        return {"id": self.id, "name": self.name, "subject": self.subject, "sequence": self.sequence, "body": self.body}


class Journal:
    """Entries by message_id; an entry with `pending` still has events to be sent.

    The reply is kept `days` (`Retention` takes it out then), who asked what and when `audit_days` if that is longer.

    What goes beyond 1,000 events or some megabytes lies in further documents beside the entry, written in the same
    transaction.
    """

    def __init__(self, store: Store, keys: Keys, days: int = 7, audit_days: int = 0) -> None:
        self._rows = store.collection("journal")
        self._keys = keys
        self._kept = timedelta(days=max(days, audit_days))

    async def reply(self, caller: Caller) -> str | None:
        """The reply already given to this command.

        Raises `MessageReused` where the id served another body, or its reply is not kept any more.
        """
        row = await self._rows.find_one({"_id": caller.message_id}, {"name": 1, "digest": 1, "reply": 1, "form": 1})
        if row is None:
            return None
        if "reply" not in row:
            raise MessageReused("this message_id was used before, and its reply is no longer kept: use a new one")
        if (row["name"], row["digest"]) != (caller.name, caller.digest):
            raise MessageReused
        form = Form(**row.get("form") or {})
        return str(row["reply"]).replace(MINTED, self.minted(caller, form))

    def minted(self, caller: Caller, form: Form = TOKEN) -> str:
        """The token text that this command's reply may hold: derived, so that it need not be stored."""
        if form.kind == "jwt":
            return self._keys.signed(form.key, form.claims)
        derive = self._keys.reference if form.kind == "reference" else self._keys.token
        return derive(caller.name, caller.message_id, caller.digest)

    async def write(
        self, caller: Caller, reply: str, events: list[Outgoing], session: Any = None, form: Form = TOKEN
    ) -> None:
        """Add the entry of a finished command. Raises `TryAgain` where a copy of the same command was faster."""
        first, *others = _parts(events, len(reply))
        entry = self._entry(caller, reply.replace(self.minted(caller, form), MINTED), first)
        try:
            await self._rows.insert_one(entry | ({} if form is TOKEN else {"form": asdict(form)}), session=session)
        except DuplicateKeyError as error:
            raise TryAgain from error
        for number, part in enumerate(others, 1):
            await self._rows.insert_one(self._part(caller, number, part), session=session)

    def _entry(self, caller: Caller, reply: str, events: list[Outgoing]) -> Row:
        at: datetime = now()
        entry: Row = {
            "_id": caller.message_id,
            "name": caller.name,
            "digest": caller.digest,
            "app_id": caller.app_id,
            "actor": caller.actor,
            "at": at,
            "reply": reply,
        }
        return entry | self._lasting(at, events) | _sending(events)

    def _lasting(self, at: datetime, events: list[Outgoing]) -> Row:
        # what has events to be sent does not expire, however long the broker is away
        return {KEPT if events else "expires_at": at + self._kept}

    def _part(self, caller: Caller, number: int, events: list[Outgoing]) -> Row:
        at = now()
        part: Row = {"_id": {"of": caller.message_id, "part": number}, "at": at}
        return part | self._lasting(at, events) | _sending(events)


def _parts(events: list[Outgoing], length: int) -> Iterator[list[Outgoing]]:
    """The events in documents' worth, in order; the first, which may be empty, lies beside `length` characters."""
    part: list[Outgoing] = []
    for event in events:
        if (part or length) and (len(part) == PART or length + len(event.body) > PART_LENGTH):
            yield part
            part, length = [], 0
        part.append(event)
        length += len(event.body)
    yield part


def _sending(events: list[Outgoing]) -> Row:
    subjects: Row = {"subjects": sorted({event.subject for event in events})}
    if not events:
        return subjects
    return subjects | {"pending": 1, "order": UNSET, "events": [event.to_row() for event in events]}
