"""The check of the audit trail against its chain: the first entry that was changed, removed or added."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from models.audit_chain import COLLECTION, ORDER, entries_after, entries_up_to
from models.secrets.keys import Keys
from models.store.audit_digests import (
    ENTRY_FIELDS,
    address_digest,
    contents_digest,
    entry_digest,
    expiry_of,
    link_digest,
)
from models.store.client import BsonDict, Store
from models.store.document import now
from models.turns import take_turns

CLOCKS = timedelta(minutes=1)  # by which those of MongoDB and of workers may differ
Break = Literal["changed", "removed", "added", "chain"]


@dataclass(frozen=True, slots=True)
class BrokenAt:
    """Where the trail and its chain differ first: how, in which link, and the entry's message_id if it is an entry."""

    how: Break
    link: int
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """How much of the chain was checked, the number of the last link if there are more, and what was found.

    `head` is the newest link and its digest.
    """

    links: int = 0
    entries: int = 0
    next: int | None = None
    broken: BrokenAt | None = None
    head: str | None = None


class AuditCheck:
    """Compares links with the entries that they seal, in the order of the chain."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._links = store.collection(COLLECTION)
        self._journal = store.collection("journal")
        self._erased = store.collection("erased")
        self._keys = keys

    async def check_part(self, after: int | None, head: str | None, limit: int) -> CheckedPart:
        """Check up to `limit` links after link `after`, or from the first; the chain must have the link `head`.

        The seal of the newest link, which stands for all before it, is checked with the last part.
        """
        newest = await self._links.find_one(sort=[("_id", -1)])
        broken = await self._find_other_head(head)
        part = CheckedPart(head=newest and f"{newest['_id']}:{newest['digest']}", broken=broken)
        if broken or newest is None:
            return part
        previous = None if after is None else await self._links.find_one({"_id": after})
        if after is not None and previous is None:
            return replace(part, broken=BrokenAt("chain", after))
        where = {"_id": {"$gt": -1 if after is None else after}}
        for link in await self._links.find(where).sort("_id", 1).limit(limit).to_list(None):
            if broken := await self._find_break(previous, link):
                return replace(part, broken=broken, next=None)
            part = replace(part, links=part.links + 1, entries=part.entries + link["count"], next=link["_id"])
            previous = link
        if part.links == limit:
            return part
        is_sealed = previous is None or self._keys.has_sealed(previous["digest"], previous.get("seal"))
        return replace(
            part, next=None, broken=None if is_sealed or previous is None else BrokenAt("chain", previous["_id"])
        )

    async def _find_other_head(self, head: str | None) -> BrokenAt | None:
        if head is None:
            return None
        number, _, digest = head.partition(":")
        found = await self._links.find_one({"_id": int(number), "digest": digest}, {"_id": 1})
        return None if found else BrokenAt("chain", int(number))

    async def _find_break(self, previous: BsonDict | None, link: BsonDict) -> BrokenAt | None:
        number = 0 if previous is None else previous["_id"] + 1
        if link["_id"] != number or not _is_whole(link, previous):
            return BrokenAt("chain", number)
        return await self._find_changed(link) or await self._find_added(previous, link)

    async def _find_changed(self, link: BsonDict) -> BrokenAt | None:
        sealed = link.get("entries", [])
        where = {"_id": {"$in": [each["id"] for each in sealed]}}
        found = {row["_id"]: row for row in await self._journal.find(where, ENTRY_FIELDS).to_list(None)}
        async for each in take_turns(sealed):
            entry = found.get(each["id"])
            if entry is None and not _is_expired(each["until"]):
                return BrokenAt("removed", link["_id"], each["id"])
            if entry is not None and not await self._is_as_sealed(entry, each):
                return BrokenAt("changed", link["_id"], each["id"])
        return None

    async def _is_as_sealed(self, entry: BsonDict, sealed: Mapping[str, Any]) -> bool:
        form = sealed.get("form", 1)
        if entry_digest(entry, address_digest(entry), form) == sealed["digest"]:
            return True
        is_cleared = sealed["address"] is not None and entry.get("client_address") is None
        is_same = is_cleared and entry_digest(entry, sealed["address"], form) == sealed["digest"]
        return is_same and await self._erased.find_one({"_id": {"$in": entry["subjects"]}}) is not None

    async def _find_added(self, previous: BsonDict | None, link: BsonDict) -> BrokenAt | None:
        if previous is None:
            return None
        sealed = {each["id"] for each in link.get("entries", [])}
        within = {"$and": [entries_after(previous["end"]), entries_up_to(link["end"])]}
        async for entry in self._journal.find(within, {"expires_at": 1, "kept_until": 1}).sort(ORDER):
            is_over = "entries" not in link and _is_expired(expiry_of(entry))  # MongoDB removes it soon
            if entry["_id"] not in sealed and not is_over:
                return BrokenAt("added", link["_id"], str(entry["_id"]))
        return None


def _is_whole(link: BsonDict, previous: BsonDict | None) -> bool:
    """Whether nobody has changed the link itself; the digests of entries are gone once all of these have expired."""
    is_chained = link.get("previous") == (previous["digest"] if previous else None)
    contents = contents_digest(link["entries"]) if "entries" in link else link.get("contents")
    is_complete = contents == link.get("contents") and ("entries" in link or _is_expired(link.get("until")))
    return is_chained and is_complete and link_digest(link) == link.get("digest")


def _is_expired(until: Any) -> bool:
    return isinstance(until, datetime) and until < now() + CLOCKS
