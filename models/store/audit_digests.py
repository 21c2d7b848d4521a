"""Digests by which a change of the audit trail is noticed: of an entry, and of a link of the chain over all entries."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models.store.journal import PENDING_EXPIRY, SALT

Row = Mapping[str, Any]
COVERED = ("_id", "name", "at", "outcome", "app_id", "caller", "actor", "subjects")
LOCK = "locked_until"  # of a failed sign-in that was one too many
FORM = 2  # of what is sealed of an entry; the first one, which names none, left the lock out
ENTRY_FIELDS = dict.fromkeys((*COVERED, LOCK, "client_address", SALT, "expires_at", PENDING_EXPIRY), 1)
LINK_FIELDS = ("_id", "previous", "at", "end", "contents", "count", "until")


def expiry_of(entry: Row) -> Any:
    """Return when MongoDB may remove an entry, whether its events have been sent or not."""
    return entry.get("expires_at", entry.get(PENDING_EXPIRY))


def address_digest(entry: Row) -> str | None:
    """Return the digest of an entry's client address; None without one.

    It tells nothing once the entry's salt is gone, which is erased with the address.
    """
    salt, address = entry.get(SALT), entry.get("client_address")
    return None if salt is None or address is None else _digest([salt, address])


def entry_digest(entry: Row, address: str | None, form: int) -> str:
    """Return the digest of an entry, in a form that links have or had, whose client address has that digest."""
    lock = [entry[LOCK]] if form >= FORM and LOCK in entry else []
    return _digest([*(entry.get(name) for name in COVERED), expiry_of(entry), address, *lock])


def contents_digest(sealed: list[dict[str, Any]]) -> str:
    """Return the digest of what a link holds of its entries."""
    return _digest(sealed)


def link_digest(link: Row) -> str:
    """Return the digest of a link, which covers those before it."""
    return _digest([link.get(name) for name in LINK_FIELDS])


def _digest(value: Any) -> str:
    text = json.dumps(value, default=_as_text, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _as_text(value: Any) -> Any:
    # in an object of its own, so that a text is never taken for a time
    return {"": value.astimezone(UTC).isoformat() if isinstance(value, datetime) else repr(value)}
