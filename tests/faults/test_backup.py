"""Everything is lost but a dump: what the dump holds is there again, with what the relay still owed."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from devstack.local import LocalServer
from devstack.servers import RunningServers, servers
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.cluster.broker_cluster import RABBITMQCTL
from tests.support.patience import PATIENCE
from tests.support.stack import ENCRYPTION_KEY, SECRET, fresh_database
from tests.support.stores import open_store
from worker.backup import SKIPPED_IDS

QUEUE = "billing.events"
PASSWORD = "the password of before"
LEFT_OUT = {"leases"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[RunningServers]:
    """New servers that hold nothing."""
    with servers(tmp_path / "elsewhere") as up:
        yield up


async def run_backup(url: str, *words: str) -> str:
    """What the script prints."""
    env = {
        **os.environ,
        "USERBUS_MONGO_URL": url,
        "USERBUS_SECRET_KEY": SECRET,
        "USERBUS_ENCRYPTION_KEY": ENCRYPTION_KEY,
    }
    argv = [sys.executable, "-m", "cli", "backup", *words]
    ran = await asyncio.to_thread(subprocess.run, argv, env=env, capture_output=True, text=True, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def login_of(url: str, at: str) -> str:
    """The address `at` with user and password of another URL: definitions bring both along."""
    return f"{url.rpartition('@')[0]}@{at.rpartition('@')[2]}"


def control(server: object, *words: str) -> None:
    """Run rabbitmqctl on a local node; the test is skipped where the broker is in a container."""
    if not isinstance(server, LocalServer):
        pytest.skip("the broker is not a program of this machine's, whose rabbitmqctl is called")
    subprocess.run([RABBITMQCTL, "-q", *words], env=server.spec.env, check=True, timeout=PATIENCE, capture_output=True)


async def hold_the_relay(store: Store) -> None:
    """Let somebody else have the lease, so that no event leaves."""
    lease = {"_id": "relay", "owner": "nobody", "until": datetime.now(UTC) + timedelta(hours=1)}
    await store.collection("leases").insert_one(lease)


async def create_until(caller: Client, enough: asyncio.Event) -> int:
    """A user after another; how many."""
    count = 0
    while not enough.is_set():
        await caller.done("user.create", {"username": f"u_{uuid4().hex}"})
        count += 1
    return count


async def take_events(caller: Client, count: int) -> list[dict[str, Any]]:
    """What the consumer's queue holds once there are so many."""
    queue = await caller.channel.get_queue(QUEUE, ensure=False)
    async with asyncio.timeout(PATIENCE):
        while (await caller.counted(QUEUE))[0] < count:
            await asyncio.sleep(0.1)
    return [json.loads(message.body) for _ in range(count) if (message := await queue.get(no_ack=True))]


async def count_documents(store: Store) -> dict[str, int]:
    names = set(await store.database.list_collection_names()) - LEFT_OUT
    return {name: await store.collection(name).count_documents({}) for name in names}


async def test_what_was_dumped_under_load_serves_on_new_servers(
    breakable: RunningServers, elsewhere: RunningServers, worker_with: SpawnWith, tmp_path: Path
) -> None:
    url, folder, definitions = fresh_database(breakable.mongo_url), tmp_path / "dump", tmp_path / "definitions.json"
    keys = {"USERBUS_SECRET_KEY": SECRET, "USERBUS_ENCRYPTION_KEY": ENCRYPTION_KEY}
    key, body = uuid4().hex, {"username": f"ada_{uuid4().hex}", "password": PASSWORD}
    async with open_store(url) as store, Client(breakable.amqp_url) as caller:
        await hold_the_relay(store)
        worker = worker_with(USERBUS_MONGO_URL=url, **keys)
        await wait_served(caller)
        queue = await caller.channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind("userbus.events", "user.created")
        ada = await caller.done("user.create", body, message_id=key)
        await caller.done("integration.create", {"name": uuid4().hex, "secrets": ["of an integration"]})
        enough = asyncio.Event()
        load = asyncio.create_task(create_until(caller, enough))
        await asyncio.to_thread(control, breakable.rabbitmq, "export_definitions", str(definitions))
        await run_backup(url, "dump", str(folder))
        enough.set()
        assert await load
        assert (await caller.counted(QUEUE))[0] == 0
        worker.kill()
        await caller.channel.queue_delete(QUEUE)
        await store.client.drop_database(store.database.name)

    await asyncio.to_thread(control, elsewhere.rabbitmq, "import_definitions", str(definitions))
    await run_backup(elsewhere.mongo_url, "restore", str(folder))
    dumped = json.loads((folder / "userbus.json").read_text())["collections"]
    amqp_url = login_of(breakable.amqp_url, elsewhere.amqp_url)
    async with open_store(elsewhere.mongo_url) as store, Client(amqp_url) as caller:
        assert await count_documents(store) == {name: each["documents"] for name, each in dumped.items()}
        users = await store.collection("users").find().to_list(None)
        created = await store.collection("journal").find({"name": "user.create"}).to_list(None)
        assert {json.loads(entry["reply"])["data"]["id"] for entry in created} == {user["_id"] for user in users}
        worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=elsewhere.mongo_url, **keys)
        await wait_served(caller)
        await caller.done("auth.sign_in", {"login": body["username"], "password": PASSWORD, "realm": "standard"})
        assert await caller.done("user.create", body, message_id=key) == ada
        owed = await take_events(caller, len(created))
        assert {event["subject"] for event in owed} == {f"user/{user['_id']}" for user in users}
        later = await caller.done("user.create", {"username": f"u_{uuid4().hex}"})
        assert later["id"] > max(user["_id"] for user in users) + SKIPPED_IDS - 100
