"""MongoDB goes away and comes back: callers hear of it, nothing is lost, workers resume by themselves."""

import asyncio
from uuid import uuid4

from devstack.servers import RunningServers
from models.store import Store
from tests.client import Client
from tests.faults.conftest import Spawn, SpawnWith, until_served
from tests.faults.test_workers import check_effects, check_events, creates, publish, settled


async def test_a_killed_database_is_answered_and_waited_for(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await until_served(caller)
    await asyncio.to_thread(breakable.mongo.kill)
    problem = await caller.refused("user.create", {"username": uuid4().hex}, seconds=30)
    assert (problem["kind"], problem["code"]) == ("unavailable", "store.unavailable")
    await asyncio.to_thread(breakable.mongo.start)
    key, body = next(iter(creates(1).items()))
    assert (await settled(caller, key, body))["username"] == body["username"]
    assert program.exit_code is None


async def test_a_kill_under_load_loses_and_doubles_nothing(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await until_served(caller)
    bodies = creates(300)
    tasks = await publish(caller, bodies)
    while sum(task.done() for task in tasks) < 30:
        await asyncio.sleep(0.005)
    await asyncio.to_thread(breakable.mongo.kill)
    await asyncio.to_thread(breakable.mongo.start)
    await asyncio.gather(*tasks)
    await check_effects(store, caller, bodies)
    await check_events(store, bodies, seconds=30)
    assert program.exit_code is None


async def test_while_it_is_down_callers_hear_so_at_once_and_queries_too(
    breakable: RunningServers, worker: Spawn, caller: Client
) -> None:
    program = worker()
    await until_served(caller)
    await asyncio.to_thread(breakable.mongo.kill)
    try:
        await program.says("database is down")
        requests = {
            "user.create": {"username": uuid4().hex},
            "user.get": {"id": 1},
            "sms.send_code": {"telephone": "1"},
        }
        for name, body in requests.items():
            problem = await caller.refused(name, body, seconds=1.0)
            assert problem["kind"] in ("unavailable", "invalid")
        assert (await caller.done("health.user", {}, seconds=1.0))["database"] is False
    finally:
        await asyncio.to_thread(breakable.mongo.start)
    await program.says("database is back")
    assert (await caller.done("health.user", {}))["database"] is True


async def test_what_nobody_waits_for_outlasts_an_outage_without_burning_its_attempts(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await until_served(caller)
    dead = (await caller.counted("userbus.dead"))[0]
    await asyncio.to_thread(breakable.mongo.kill)
    bodies = creates(60)
    try:
        await program.says("database is down")
        for number, (key, body) in enumerate(bodies.items()):
            odd = {"headers": {"x-deadline": 3e38}} if number % 20 == 19 else {}
            await caller.send("user.create", body, message_id=key, **odd)
        await caller.refused("user.get", {"id": 1}, seconds=2.0)  # those who wait are not held up by those who do not
        assert (await caller.counted("userbus.retry.1s"))[0] + (await caller.counted("userbus.retry.5s"))[0] > 0
    finally:
        await asyncio.to_thread(breakable.mongo.start)
    await check_events(store, bodies, seconds=60, entries=len(bodies))
    await check_effects(store, caller, bodies)
    assert "retried later" not in program.log()
    assert (await caller.counted("userbus.dead"))[0] == dead


async def test_a_step_down_is_ridden_out(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await until_served(caller)
    bodies = creates(200)
    tasks = await publish(caller, bodies)
    while sum(task.done() for task in tasks) < 20:
        await asyncio.sleep(0.005)
    await store.client.admin.command({"replSetStepDown": 2, "force": True})
    assert [reply for reply in await asyncio.gather(*tasks) if reply["status"] != "done"] == []
    await check_effects(store, caller, bodies)
    await check_events(store, bodies)
    assert program.exit_code is None


async def test_without_a_known_outage_trouble_climbs_the_ladder_and_keeps_its_first_time(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    program = worker_with(USERBUS_PATIENCE_SECONDS="0.5")
    await until_served(caller)
    name = uuid4().hex
    async with store.session() as session:  # a lock that makes every other writer of the row conflict
        user = await caller.done("user.create", {"username": name})
        await store.collection("users").update_one({"_id": user["id"]}, {"$set": {"sort": 1}}, session=session)
        await caller.send("user.update", {"id": user["id"], "company": "acme"}, message_id=uuid4().hex)
        await program.says("retried later")
    async with asyncio.timeout(60):
        while (await caller.done("user.get", {"id": user["id"]}))["company"] != "acme":
            await asyncio.sleep(0.2)
