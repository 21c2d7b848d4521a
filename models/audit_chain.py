"""The audit chain: links that seal the entries of the audit trail, some minutes after these were written."""

from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.secrets.keys import Keys
from models.store.audit_digests import (
    ENTRY_FIELDS,
    FORM,
    address_digest,
    contents_digest,
    entry_digest,
    expiry_of,
    link_digest,
)
from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import translate_errors
from models.turns import take_turns

COLLECTION = "audit_chain"
LINK_ENTRIES = 500
DELAY = timedelta(minutes=2)  # longer than a transaction lives, by a minute in which workers' clocks may differ
EXPIRED = timedelta(days=1)  # by then MongoDB has removed what expired
ORDER = [("at", 1), ("_id", -1)]  # the index of the audit trail, read backwards


class AuditChainBroken(Exception):
    """The newest link is none that a worker has sealed; a link after it would vouch for it."""


class AuditChain:
    """Appends links; each has the digests of the next entries in order of time, and that of the link before it.

    The chain begins with an empty link, in the moment in which it is first made: earlier entries are not covered. Two
    processes that append at the same time make one link: the number is unique.
    """

    def __init__(self, store: Store, keys: Keys, delay: timedelta = DELAY) -> None:
        self._links = store.collection(COLLECTION)
        self._journal = store.collection("journal")
        self._keys = keys
        self._delay = delay

    async def append(self) -> BsonDict | None:
        """Append a link with the next entries that are old enough; return it, or None if there was nothing to seal.

        Raises `AuditChainBroken`.
        """
        with translate_errors():
            await self._forget_expired()
            newest = await self._links.find_one(sort=[("_id", -1)])
            link = await self._make_next(newest) if newest else self._make_first()
            if link is None:
                return None
            try:
                await self._links.insert_one(link)
            except DuplicateKeyError:  # another process was faster
                return None
        return link

    async def _forget_expired(self) -> None:
        gone = {"until": {"$lt": now() - EXPIRED}, "entries": {"$exists": True}}
        await self._links.update_many(gone, {"$unset": {"entries": ""}})

    def _make_first(self) -> BsonDict:
        return self._seal(0, None, {"at": now() - self._delay, "id": ""}, [])

    async def _make_next(self, newest: BsonDict) -> BsonDict | None:
        digest = link_digest(newest)
        if digest != newest.get("digest") or not self._keys.has_sealed(digest, newest.get("seal")):
            raise AuditChainBroken
        where = {**entries_after(newest["end"]), "at": {"$lt": now() - self._delay}}
        entries = await self._journal.find(where, ENTRY_FIELDS).sort(ORDER).limit(LINK_ENTRIES).to_list(None)
        if not entries:
            return self._seal_anew(newest)
        sealed = [_seal_entry(entry) async for entry in take_turns(entries)]
        end = {"at": entries[-1]["at"], "id": entries[-1]["_id"]}
        return self._seal(newest["_id"] + 1, newest["digest"], end, sealed)

    def _seal_anew(self, newest: BsonDict) -> BsonDict | None:
        """An empty link by the newest key, where a former one has sealed the chain: it will be taken away."""
        if newest["seal"] == self._keys.seal(newest["digest"]):
            return None
        return self._seal(newest["_id"] + 1, newest["digest"], newest["end"], [])

    def _seal(self, number: int, previous: str | None, end: BsonDict, sealed: list[BsonDict]) -> BsonDict:
        at = now()
        link: BsonDict = {
            "_id": number,
            "previous": previous,
            "at": at,
            "end": end,
            "contents": contents_digest(sealed),
            "count": len(sealed),
            "until": max([at, *(entry["until"] for entry in sealed if isinstance(entry["until"], datetime))]),
        }
        digest = link_digest(link)
        return link | {"entries": sealed, "digest": digest, "seal": self._keys.seal(digest)}


def entries_after(place: BsonDict) -> BsonDict:
    """Return the filter of the entries that come after a place in the order of the chain."""
    same = {"at": place["at"], "_id": {"$lt": place["id"]}}
    return {"name": {"$gt": ""}, "$or": [{"at": {"$gt": place["at"]}}, same]}


def entries_up_to(place: BsonDict) -> BsonDict:
    """Return the filter of the entries that do not come after a place in the order of the chain."""
    same = {"at": place["at"], "_id": {"$gte": place["id"]}}
    return {"name": {"$gt": ""}, "$or": [{"at": {"$lt": place["at"]}}, same]}


def _seal_entry(entry: BsonDict) -> dict[str, Any]:
    address = address_digest(entry)
    return {
        "id": entry["_id"],
        "form": FORM,
        "digest": entry_digest(entry, address, FORM),
        "address": address,
        "until": expiry_of(entry),
    }
