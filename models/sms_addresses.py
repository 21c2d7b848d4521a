"""How many codes each client address has asked for lately, shared by all workers."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.errors.base import TryAgain
from models.errors.sms import SmsTooMany
from models.keys import Keys
from models.store import Row, Store

WINDOW = timedelta(minutes=10)


class Addresses:
    """Counts per client address, stored as a keyed digest; `limit` in ten minutes, 0 counts nothing.

    An IPv6 address counts for its network of 64 bits, all of which one client has.
    """

    def __init__(self, store: Store, keys: Keys, limit: int) -> None:
        self._rows = store.collection("addresses")
        self._keys = keys
        self._limit = limit

    async def count(self, address: str, command: str, at: datetime, session: Any) -> None:
        """Count one send for the command (its message_id). Raises `SmsTooMany`."""
        if not self._limit:
            return
        row: Row = await self._rows.find_one(self._key(address), session=session) or {"sends": []}
        recent = [send for send in row["sends"] if send["at"] > at - WINDOW]
        if len(recent) >= self._limit:
            raise SmsTooMany(details=retry_after(recent[-self._limit]["at"] + WINDOW - at))
        counted: Row = {"sends": [*recent, {"command": command, "at": at}], "expires_at": at + WINDOW}
        try:
            await self._rows.replace_one(self._key(address), counted, upsert=True, session=session)
        except DuplicateKeyError as error:
            raise TryAgain from error

    async def give_back(self, address: str, command: str) -> None:
        """Take back what was counted for the command."""
        await self._rows.update_one(self._key(address), {"$pull": {"sends": {"command": command}}})

    def _key(self, address: str) -> Row:
        return {"_id": self._keys.code("address", _place(address))[:32]}


def _place(address: str) -> str:
    try:
        given = ip_address(address)
    except ValueError:
        return address
    if isinstance(given, IPv6Address):
        return str(given.ipv4_mapped or ip_network((int(given), 64), strict=False))
    return str(given)


def retry_after(wait: timedelta) -> dict[str, int]:
    """The details of a `throttled` refusal: whole seconds, rounded up, at least one."""
    return {"retry_after": max(1, -int(-wait.total_seconds() // 1))}
