"""Health checks of the bridge."""

import asyncio
from collections import Counter
from itertools import cycle

import httpx
import pytest

from bridge.health import ASK_AT, ReadinessCheck
from client.bus import Bus
from contracts.catalog import FAMILIES
from devstack.servers import RunningServers
from tests.bridge.conftest import RunningBridge
from tests.support.patience import PATIENCE
from tests.support.scripted_worker import ScriptedWorker, done_reply, failed_reply

WELL = {"broker": "ok", **dict.fromkeys(FAMILIES, "ok")}


def set_healthy(bridge: RunningBridge, *, database: bool = True) -> None:
    for family in FAMILIES:
        bridge.worker.set_reply(f"health.{family}", done_reply({"worker": "w1", "database": database}))


async def wait_parts(bridge: RunningBridge, parts: dict[str, str]) -> httpx.Response:
    """The answer with these parts: a busy machine may keep one from being heard within its second."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await bridge.client.get("/health/ready", headers={"Authorization": ""})
            if answer.json()["parts"] == parts:
                return answer
            await asyncio.sleep(0.1)


async def test_live_while_it_serves(bridge: RunningBridge) -> None:
    answer = await bridge.client.get("/health/live", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_ready_with_a_worker_and_its_database_for_every_family(fresh_bridge: RunningBridge) -> None:
    set_healthy(fresh_bridge)
    answer = await wait_parts(fresh_bridge, WELL)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "missing": [], "parts": WELL})


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (None, "no worker"),
        (done_reply({"worker": "w1", "database": False}), "no database"),
        (failed_reply("store.down", "unavailable"), "store.down"),
        (b"garbage", "reply.undecodable"),
    ],
)
async def test_not_ready_names_what_is_missing(fresh_bridge: RunningBridge, reply: bytes | None, state: str) -> None:
    set_healthy(fresh_bridge)
    fresh_bridge.worker.set_reply("health.sms", reply)
    answer = await wait_parts(fresh_bridge, {**WELL, "sms": state})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["missing"] == ["sms"]


@pytest.mark.parametrize("reply", [None, done_reply({"worker": "w1", "database": True})], ids=["silent", "well"])
async def test_simultaneous_checks_cost_one_check_a_family(
    broker: RunningServers, worker: ScriptedWorker, reply: bytes | None
) -> None:
    for family in FAMILIES:
        worker.set_reply(f"health.{family}", reply)
    async with Bus(broker.amqp_url, app_id="tests", timeout=PATIENCE) as bus:
        check = ReadinessCheck(bus)
        states = await asyncio.gather(*(check.check_parts() for _ in range(20)))
    assert len({str(state) for state in states}) == 1
    assert 0 < len(worker.requests) <= len(FAMILIES) * len(ASK_AT)


async def test_one_worker_that_cannot_serve_among_others_that_can(fresh_bridge: RunningBridge) -> None:
    set_healthy(fresh_bridge)
    answers = cycle([False, False, True])
    fresh_bridge.worker.script["health.sms"] = lambda _: done_reply({"worker": "w", "database": next(answers)})
    assert (await wait_parts(fresh_bridge, WELL)).status_code == 200


async def test_a_part_is_missing_only_after_several_checks(fresh_bridge: RunningBridge) -> None:
    set_healthy(fresh_bridge)
    await wait_parts(fresh_bridge, WELL)
    fresh_bridge.worker.requests.clear()
    fresh_bridge.worker.set_reply("health.sms", done_reply({"worker": "w1", "database": False}))
    await wait_parts(fresh_bridge, {**WELL, "sms": "no database"})
    asked = Counter(request.routing_key for request in fresh_bridge.worker.requests)
    assert asked["health.sms"] > len(ASK_AT)  # as often as one check asks


async def test_another_verb_is_refused(bridge: RunningBridge) -> None:
    answer = await bridge.client.post("/health/live")
    assert (answer.status_code, answer.json()) == (405, {"message": "method not allowed"})
