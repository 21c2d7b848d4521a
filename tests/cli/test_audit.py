"""`userbus audit verify`: what it says of a whole trail, and of one that was changed by hand."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from devstack.servers import RunningServers
from models.audit_chain import AuditChain
from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.stack import Stack, fresh_database, running_stack


@pytest.fixture(scope="module")
async def audited(restartable: RunningServers) -> AsyncIterator[Stack]:
    """A worker with a database whose trail the test may spoil."""
    async with running_stack(replace(restartable, mongo_url=fresh_database(restartable.mongo_url))) as up:
        yield up


async def test_the_trail_is_verified_from_the_command_line(audited: Stack) -> None:
    shared = audited.worker.dependencies
    chain, journal = AuditChain(shared.store, shared.keys, timedelta(seconds=-1)), shared.store.collection("journal")
    await AuditChain(shared.store, shared.keys).append()
    async with Client(audited.amqp_url) as client:
        keys = [uuid4().hex for _ in range(2)]
        for key in keys:
            await client.done("user.create", {"username": key}, message_id=key)
        while await chain.append():
            pass
        status, out, err = await run_userbus(audited.amqp_url, "audit", "verify", "--json")
        verdict = json.loads(out)
        assert (status, verdict["broken"], verdict["entries"] >= 2) == (0, None, True), err
        status, out, _ = await run_userbus(audited.amqp_url, "audit", "verify", "--head", verdict["head"])
        assert (status, out.endswith(f"as they were sealed; head {verdict['head']}\n")) == (0, True)
        await journal.update_one({"_id": keys[1]}, {"$set": {"actor": "user:1"}})
        status, out, err = await run_userbus(audited.amqp_url, "audit", "verify")
        assert (status, out) == (1, "")
        assert f"the entry {keys[1]} was changed after it had been sealed" in err
        status, _, err = await run_userbus(audited.amqp_url, "audit", "verify", "--head", f"9999:{'0' * 64}")
        assert (status, "the chain itself was changed, cut or forged at link 9999" in err) == (1, True)
        status, _, err = await run_userbus(audited.amqp_url, "audit", "verify", "--head", "nonsense")
        assert (status, "head" in err) == (2, True)
