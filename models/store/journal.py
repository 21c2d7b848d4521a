"""The journal: one entry per command, which is inbox, outbox and audit trail in one document."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Literal

from bson import Timestamp

from models.errors.base import MessageReused, TryAgain
from models.secrets.keys import Keys
from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import translate_duplicate
from models.store.lanes import subject_slot
from models.store.time_limit import limit_operation

PART_EVENTS = 1000  # events per document
MAX_PART_LENGTH = 2_000_000  # characters of up to 4 bytes: MongoDB accepts 16 MB, and the relay reads whole parts
PENDING_EXPIRY = "kept_until"  # the name of `expires_at` until the events are sent
_REPEAT_FIELDS = dict.fromkeys(("name", "digest", "canonical_digest", "reply", "form"), 1)
UNSET = Timestamp(0, 0)  # MongoDB replaces it with its own timestamp, which grows with every write on any primary
REPLY_FIELDS: BsonDict = {"reply": "", "digest": "", "form": ""}
SALT = "salt"  # of the client address in the audit chain: whoever is erased leaves a digest of nothing known
PERSONAL_FIELDS = REPLY_FIELDS | {"client_address": "", SALT: ""}
PLACEHOLDER = "\ue000minted\ue000"  # stands for the token in a stored reply


@dataclass(frozen=True, slots=True)
class TokenFormat:
    """The format of a minted token.

    256 bits, the same as a signing secret of Standard Webhooks, a reference of 128 bits, or a JWT with these claims,
    which are stored.
    """

    kind: Literal["token", "signing_secret", "reference", "jwt"] = "token"
    key: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


TOKEN = TokenFormat()
REFERENCE = TokenFormat("reference")
SIGNING_SECRET = TokenFormat("signing_secret")


@dataclass(frozen=True, slots=True)
class CommandContext:
    """A command and its sender: what the journal stores of a message besides its reply.

    `digest` is that of the body's bytes, `canonical_digest` that of its JSON in whatever order and spacing;
    `former_digests` are pairs of both by the former keys. `outcome` is `done` or the code of the problem. `subjects`
    are those that the entry is about besides those of its events. `locked_until` is kept of a command that locks.
    """

    name: str
    message_id: str
    digest: str
    canonical_digest: str = ""
    former_digests: tuple[tuple[str, ...], ...] = ()
    app_id: str | None = None
    caller: str | None = None
    actor: str | None = None
    client_address: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    outcome: str = "done"
    subjects: frozenset[str] = frozenset()
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An event to send: its CloudEvents JSON, and what the relay needs to route and order it."""

    id: str
    name: str
    subject: str
    sequence: int
    body: str

    def to_row(self) -> BsonDict:
        """Return the event as the journal stores it."""
        return {"id": self.id, "name": self.name, "subject": self.subject, "sequence": self.sequence, "body": self.body}


class Journal:
    """Entries by message_id; an entry with `pending` has events that are not sent yet.

    Replies are kept for `days`, after which `ReplyRetention` drops them; the audit trail is kept for `audit_days` if
    that is longer. Events beyond the first 1,000 or 2 million characters are stored in further documents, in the same
    transaction.
    """

    def __init__(self, store: Store, keys: Keys, days: int = 7, audit_days: int = 0) -> None:
        self._rows = store.collection("journal")
        self._keys = keys
        self._lifetime = timedelta(days=max(days, audit_days))

    async def find_reply(self, context: CommandContext) -> str | None:
        """Return the stored reply to this command, or None if it has not run.

        Raises `MessageReused` if the id was used with another body, or if the reply is no longer kept.
        """
        with limit_operation():
            row = await self._rows.find_one({"_id": context.message_id}, _REPEAT_FIELDS)
        if row is None:
            return None
        if "reply" not in row:
            raise MessageReused("this message_id was used before, and its reply is no longer kept: use a new one")
        keys = self._keys_of_repeat(context, row)
        if keys is None:
            raise MessageReused
        token_format = TokenFormat(**row.get("form") or {})
        first = replace(context, digest=row["digest"])
        return str(row["reply"]).replace(PLACEHOLDER, _derive_token(keys, first, token_format))

    def _keys_of_repeat(self, context: CommandContext, row: BsonDict) -> Keys | None:
        """Return the keys by which the entry was written, if it is that of the same command."""
        if row["name"] != context.name:
            return None
        digests = ((context.digest, context.canonical_digest), *context.former_digests)
        for keys, (digest, canonical) in zip((self._keys, *self._keys.former), digests, strict=False):
            if row["digest"] == digest or (canonical and row.get("canonical_digest") == canonical):
                return keys
        return None

    def derive_token(self, context: CommandContext, token_format: TokenFormat = TOKEN) -> str:
        """Return the token of this command's reply, which is derived and so need not be stored."""
        return _derive_token(self._keys, context, token_format)

    async def write(
        self,
        context: CommandContext,
        reply: str,
        events: list[OutboxEvent],
        session: Any = None,
        token_format: TokenFormat = TOKEN,
    ) -> None:
        """Insert the entry of a finished command. Raises `TryAgain` if a copy of the same command has been faster."""
        with translate_duplicate(TryAgain):
            for entry in self.make_entries(context, reply, events, token_format):
                await self._rows.insert_one(entry, session=session)

    def make_entries(
        self, context: CommandContext, reply: str, events: list[OutboxEvent], token_format: TokenFormat = TOKEN
    ) -> list[BsonDict]:
        """Return the entry of a finished command, followed by the further parts that its events need."""
        first, *others = _split(events, len(reply))
        entry = self._entry(context, reply.replace(self.derive_token(context, token_format), PLACEHOLDER), first)
        entry["subjects"] = sorted({event.subject for event in events} | context.subjects)
        entry |= {} if token_format is TOKEN else {"form": asdict(token_format)}
        return [entry, *(self._part(context, number, part) for number, part in enumerate(others, 1))]

    def _entry(self, context: CommandContext, reply: str, events: list[OutboxEvent]) -> BsonDict:
        at: datetime = now()
        entry: BsonDict = {
            "_id": context.message_id,
            "name": context.name,
            "digest": context.digest,
            "canonical_digest": context.canonical_digest,
            "app_id": context.app_id,
            "caller": context.caller,
            "actor": context.actor,
            "outcome": context.outcome,
            "client_address": context.client_address,
            "at": at,
            "reply": reply,
        }
        entry |= {"locked_until": context.locked_until} if context.locked_until else {}
        entry |= {SALT: token_hex(16)} if context.client_address else {}
        return entry | self._expiry(at, events) | _pending_fields(events)

    def _expiry(self, at: datetime, events: list[OutboxEvent]) -> BsonDict:
        # an entry with unsent events does not expire, however long the broker is down
        return {PENDING_EXPIRY if events else "expires_at": at + self._lifetime}

    def _part(self, context: CommandContext, number: int, events: list[OutboxEvent]) -> BsonDict:
        at = now()
        part: BsonDict = {"_id": {"of": context.message_id, "part": number}, "at": at}
        return part | self._expiry(at, events) | _pending_fields(events)


async def forget_subject(store: Store, subject: str, session: Any) -> None:
    """Drop what entries about a subject hold of it; that the commands were carried out stays in the audit trail."""
    await store.collection("journal").update_many({"subjects": subject}, {"$unset": PERSONAL_FIELDS}, session=session)


def _derive_token(keys: Keys, context: CommandContext, token_format: TokenFormat) -> str:
    if token_format.kind == "jwt":
        return keys.sign_jwt(token_format.key, token_format.claims)
    derive = {"token": keys.token, "signing_secret": keys.signing_secret, "reference": keys.reference}
    return derive[token_format.kind](context.name, context.message_id, context.digest)


def _split(events: list[OutboxEvent], length: int) -> Iterator[list[OutboxEvent]]:
    """Split the events into one list per document, in order; the first shares its document with `length` characters."""
    part: list[OutboxEvent] = []
    for event in events:
        if (part or length) and (len(part) == PART_EVENTS or length + len(event.body) > MAX_PART_LENGTH):
            yield part
            part, length = [], 0
        part.append(event)
        length += len(event.body)
    yield part


def _pending_fields(events: list[OutboxEvent]) -> BsonDict:
    if not events:
        return {}
    slots = sorted({subject_slot(event.subject) for event in events})
    return {"pending": 1, "order": UNSET, "slots": slots, "events": [event.to_row() for event in events]}
