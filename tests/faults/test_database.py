"""MongoDB goes away and comes back: callers hear of it, nothing is lost, workers resume by themselves."""

import asyncio
from uuid import uuid4

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Spawn, SpawnWith, wait_served
from tests.faults.test_workers import check_effects, check_events, creation_bodies, publish, settle
from tests.support.client import Client, is_unavailable
from tests.support.faults.retry_probes import lock_row
from tests.support.patience import PATIENCE
from worker.delivery.outage import HOLD_SECONDS


async def test_a_killed_database_is_answered_and_waited_for(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await wait_served(caller)
    await asyncio.to_thread(breakable.mongo.kill)
    problem = await caller.refused("user.create", {"username": uuid4().hex})
    assert (problem["kind"], problem["code"]) == ("unavailable", "store.unavailable")
    await asyncio.to_thread(breakable.mongo.start)
    key, body = next(iter(creation_bodies(1).items()))
    assert (await settle(caller, key, body))["username"] == body["username"]
    assert program.exit_code is None


async def test_a_kill_under_load_loses_and_doubles_nothing(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await wait_served(caller)
    bodies = creation_bodies(300)
    tasks = await publish(caller, bodies)
    while sum(task.done() for task in tasks) < 30:
        await asyncio.sleep(0.005)
    await asyncio.to_thread(breakable.mongo.kill)
    await asyncio.to_thread(breakable.mongo.start)
    await asyncio.gather(*tasks)
    await check_effects(store, caller, bodies)
    await check_events(store, bodies)
    assert program.exit_code is None


async def test_while_it_is_down_callers_hear_so_at_once_and_queries_too(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client
) -> None:
    program = worker_with(USERBUS_PATIENCE_SECONDS="600")  # who does not hear at once hears nothing here
    await wait_served(caller)
    await asyncio.to_thread(breakable.mongo.kill)
    try:
        await program.says("database is down")
        requests = {
            "user.create": {"username": uuid4().hex},
            "user.get": {"id": 1},
            "sms.send_code": {"telephone": "1"},
        }
        for name, body in requests.items():
            problem = await caller.refused(name, body)
            assert problem["kind"] in ("unavailable", "invalid")
        assert (await caller.done("health.user", {}))["database"] is False
    finally:
        await asyncio.to_thread(breakable.mongo.start)
    await program.says("database is back")
    assert (await caller.done("health.user", {}))["database"] is True


async def test_what_nobody_waits_for_outlasts_an_outage_without_burning_its_attempts(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await wait_served(caller)
    dead = (await caller.counted("userbus.dead"))[0]
    await asyncio.to_thread(breakable.mongo.kill)
    bodies = creation_bodies(60)
    try:
        await program.says("database is down")
        for number, (key, body) in enumerate(bodies.items()):
            odd = {"headers": {"x-deadline": 3e38}} if number % 20 == 19 else {}
            await caller.send("user.create", body, message_id=key, **odd)
        # sooner than those whom nobody waits for, which are held for 10 s
        await caller.refused("user.get", {"id": 1}, seconds=HOLD_SECONDS - 1)
        assert (await caller.counted("userbus.retry.1s"))[0] + (await caller.counted("userbus.retry.5s"))[0] > 0
    finally:
        await asyncio.to_thread(breakable.mongo.start)
    await check_events(store, bodies, entries=len(bodies))
    await check_effects(store, caller, bodies)
    assert "retried later" not in program.log()
    assert (await caller.counted("userbus.dead"))[0] == dead


async def test_a_step_down_is_ridden_out(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    program = worker()
    await wait_served(caller)
    bodies = creation_bodies(200)
    tasks = await publish(caller, bodies)
    while sum(task.done() for task in tasks) < 20:
        await asyncio.sleep(0.005)
    await store.client.admin.command({"replSetStepDown": 1, "force": True})
    refused = [reply for reply in await asyncio.gather(*tasks) if reply["status"] != "done"]
    # only a server that answers nothing for 0.7 s, as on a busy machine, is told as an outage
    assert not refused or "database is down" in program.log()
    assert [reply for reply in refused if not is_unavailable(reply)] == []
    await check_effects(store, caller, bodies)
    await check_events(store, bodies)
    assert program.exit_code is None


async def next_wait(caller: Client, after: int = 0) -> tuple[int, str | None]:
    """The attempt that waits, once it is a later one than `after`, and when the first one was."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for waiting in (await caller.done("retry.list", {}))["items"]:
                if waiting["attempt"] > after:
                    return waiting["attempt"], waiting["first"]
            await asyncio.sleep(0.05)


async def test_without_a_known_outage_trouble_climbs_the_ladder_and_keeps_its_first_time(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    program = worker_with(USERBUS_PATIENCE_SECONDS="0.5")
    await wait_served(caller)
    user = await caller.done("user.create", {"username": uuid4().hex})
    async with lock_row(store, user["id"]):
        await caller.send("user.update", {"id": user["id"], "company": "acme"}, message_id=uuid4().hex)
        await program.says("retried later")
        attempt, first = await next_wait(caller)
        _, still_first = await next_wait(caller, after=attempt)
        assert (first is not None, still_first) == (True, first)
    async with asyncio.timeout(PATIENCE):
        while (await caller.done("user.get", {"id": user["id"]}))["company"] != "acme":
            await asyncio.sleep(0.2)
