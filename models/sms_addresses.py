"""The number of codes that each client address has recently requested, counted for all workers together."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from models.errors.base import TryAgain
from models.errors.sms import SmsTooMany
from models.secrets.keys import Keys
from models.store.client import BsonDict, Store
from models.store.driver_errors import translate_duplicate

WINDOW = timedelta(minutes=10)


class AddressLimits:
    """Count sends per client address: at most `limit` in ten minutes, 0 for no limit.

    Addresses are stored as keyed digests. An IPv6 address counts for its /64 network, which belongs to one client.
    """

    def __init__(self, store: Store, keys: Keys, limit: int) -> None:
        self._rows = store.collection("addresses")
        self._keys = keys
        self._limit = limit

    async def record_send(self, address: str, command: str, at: datetime, session: Any) -> None:
        """Count a send for the command with this message_id. Raises `SmsTooMany`."""
        if not self._limit:
            return
        row: BsonDict = await self._rows.find_one(self._filter(address), session=session) or {"sends": []}
        recent = [send for send in row["sends"] if send["at"] > at - WINDOW]
        if len(recent) >= self._limit:
            raise SmsTooMany(details=retry_after(recent[-self._limit]["at"] + WINDOW - at))
        document: BsonDict = {"sends": [*recent, {"command": command, "at": at}], "expires_at": at + WINDOW}
        with translate_duplicate(TryAgain):
            await self._rows.replace_one(self._filter(address), document, upsert=True, session=session)

    async def release(self, address: str, command: str) -> None:
        """Take back the send that was counted for the command."""
        await self._rows.update_one(self._filter(address), {"$pull": {"sends": {"command": command}}})

    def _filter(self, address: str) -> BsonDict:
        return {"_id": self._keys.hash_code("address", _network(address))[:32]}


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def retry_after(wait: timedelta) -> dict[str, int]:
    """The details of a `throttled` refusal: whole seconds, rounded up, at least one."""
    return {"retry_after": max(1, -int(-wait.total_seconds() // 1))}
