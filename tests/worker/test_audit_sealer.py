"""The worker that relays seals the audit trail; another does not, and a broken chain is told in the log."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from structlog.testing import capture_logs

from models.audit_chain import COLLECTION, AuditChain
from models.secrets.keys import Keys
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET, Stack
from worker.audit_sealer import AuditSealer


async def test_only_the_leader_seals_and_the_log_is_a_witness(stack: Stack, client: Client) -> None:
    store = stack.worker.dependencies.store
    chain = AuditChain(store, Keys(SECRET), timedelta(seconds=-1))
    await client.done("user.create", {"username": uuid4().hex})
    assert await AuditSealer(chain, lambda: False).run_once() is False
    leader = AuditSealer(chain, lambda: True)
    with capture_logs() as logs:
        while await leader.run_once():
            pass
    newest = await store.collection(COLLECTION).find_one(sort=[("_id", -1)])
    assert (logs[-1]["event"], logs[-1]["head"]) == ("audit trail sealed", f"{newest['_id']}:{newest['digest']}")
    assert logs[-1]["entries"] == newest["count"]
    with capture_logs() as logs:
        await AuditSealer(AuditChain(store, Keys("another key that is long enough to be one")), lambda: True).run_once()
    assert [(line["event"], line["log_level"]) for line in logs] == [("audit chain broken", "error")]


async def test_a_running_worker_begins_the_chain_by_itself(stack: Stack) -> None:
    links = stack.worker.dependencies.store.collection(COLLECTION)
    async with asyncio.timeout(PATIENCE):
        while not await links.count_documents({"_id": 0}):
            await asyncio.sleep(0.1)
