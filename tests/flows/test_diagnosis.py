"""What a worker tells of itself and its database."""

import asyncio
from datetime import UTC, datetime

from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.stack import SECRET, Stack, fresh_database, settings
from tests.support.stores import open_store
from worker.app import run_worker
from worker.facts import build_digest


async def test_a_worker_tells_its_settings_and_its_database(client: Client, stack: Stack) -> None:
    told = await client.done("worker.diagnose", {})
    assert told["settings"]["build"] == build_digest()
    assert told["settings"]["queue_length"] == "100000"
    assert SECRET not in str(told)
    assert abs((datetime.fromisoformat(told["at"]) - datetime.now(UTC)).total_seconds()) < 60
    database = told["database"]
    assert (database["answer"], database["write_concern"], database["replica_set"]) == ("primary", "majority", "rs0")
    assert (database["indexes_missing"], database["error"]) == ([], None)
    assert [member["role"] for member in database["members"]] == ["primary"]
    assert abs(database["clock_ahead"]) < 60


async def test_an_index_that_is_missing_or_not_unique_is_told(apart: RunningServers) -> None:
    url = fresh_database(apart.mongo_url)
    async with run_worker(settings(apart, mongo_url=url)), Client(apart.amqp_url) as client:
        async with open_store(url) as store:
            await store.drop_index("users", "logins_1")
            await store.collection("users").create_index("logins")
        told = await client.done("worker.diagnose", {})
    assert "users.logins_1" in told["database"]["indexes_missing"]


async def test_it_is_answered_while_the_database_is_down(apart: RunningServers) -> None:
    async with run_worker(settings(apart, mongo_url=fresh_database(apart.mongo_url))), Client(apart.amqp_url) as client:
        apart.mongo.stop()
        try:
            while (told := await client.done("worker.diagnose", {}))["database"]["answer"] == "primary":
                await asyncio.sleep(0.2)
            ladder = await client.done("retry.list", {})
        finally:
            apart.mongo.start()
    assert told["database"]["error"]
    assert ladder["items"] == []
    assert told["settings"]["families"] == "user,account,role,auth,sms"
