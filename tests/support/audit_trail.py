"""The audit trail of a worker on real servers, for tests: carry commands out, seal them, and verify the chain."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from models.audit_chain import AuditChain
from models.secrets.keys import Keys
from models.store.audit_digests import address_digest, entry_digest, expiry_of
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET, Stack

VISITOR = {"x-client-address": "203.0.113.77"}
AT_ONCE = timedelta(seconds=-1)  # also what is written in this very moment


def rows(audited: Stack, name: str) -> Any:
    return audited.worker.dependencies.store.collection(name)


async def wait_sent(audited: Stack) -> None:
    async with asyncio.timeout(PATIENCE):
        while await rows(audited, "journal").count_documents({"pending": 1}):
            await asyncio.sleep(0.05)


async def seal(audited: Stack, secret: str = SECRET) -> int:
    """Seal all that was written; the number of new links."""
    chain, links = AuditChain(audited.worker.dependencies.store, Keys(secret), AT_ONCE), 0
    while await chain.append():
        links += 1
    return links


def seal_without_lock(entry: dict[str, Any]) -> dict[str, Any]:
    """What links of earlier versions hold of an entry."""
    address = address_digest(entry)
    digest = entry_digest(entry, address, 1)
    return {"id": entry["_id"], "digest": digest, "address": address, "until": expiry_of(entry)}


async def do(caller: Client, commands: int = 3, **about: Any) -> list[str]:
    """Carry commands out, each of which makes a user; their message ids, in the order of the chain."""
    keys = [uuid4().hex for _ in range(commands)]
    for key in keys:
        await caller.done("user.create", {"username": uuid4().hex}, message_id=key, headers=VISITOR, **about)
    return keys


async def verify(caller: Client, **fields: Any) -> dict[str, Any]:
    """The verdict on the whole chain."""
    verdict: dict[str, Any] = await caller.done("audit.verify", fields)
    checked = verdict["entries"]
    while verdict["next"] is not None:
        verdict = await caller.done("audit.verify", {**fields, "after": verdict["next"]})
        checked += verdict["entries"]
    return {**verdict, "entries": checked}


def broken(how: str, link: int, message_id: str | None = None) -> dict[str, Any]:
    return {"how": how, "link": link, "message_id": message_id}
