"""What a worker counts of its work."""

import asyncio
import re
from threading import Event
from uuid import uuid4

import pytest

from tests.support.blocks import ROOT
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.sms import number
from tests.support.stack import Stack
from worker.delivery.dead_letter_content import KNOWN_CODES


def figures(stack: Stack) -> dict[str, float]:
    """The value of each series by its name and labels."""
    lines = stack.worker.metrics.text()[1].decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def growth(stack: Stack, before: dict[str, float], series: str) -> float:
    return figures(stack).get(series, 0.0) - before.get(series, 0.0)


async def wait_growth(stack: Stack, before: dict[str, float], series: str, count: float) -> None:
    """Wait until a series has grown by `count` at least."""
    async with asyncio.timeout(PATIENCE):
        while growth(stack, before, series) < count:
            await asyncio.sleep(0.05)


async def test_what_a_worker_does_is_counted(client: Client, stack: Stack) -> None:
    before = figures(stack)
    bodies = [{"username": uuid4().hex} for _ in range(20)]
    await asyncio.gather(*(client.done("user.create", body) for body in bodies))
    await client.done("sms.send_code", {"telephone": number()})
    await client.send("user.create", b"{{{")
    await wait_growth(stack, before, 'userbus_dead_lettered_total{reason="message.undecodable"}', 1)
    await wait_growth(stack, before, 'userbus_events_sent_total{name="user.created"}', 20)
    await wait_growth(stack, before, 'userbus_requests_total{name="user.create",outcome="dead_lettered"}', 1)
    assert growth(stack, before, 'userbus_requests_total{name="user.create",outcome="done"}') == 20
    assert growth(stack, before, 'userbus_request_seconds_count{name="user.create"}') == 21
    assert growth(stack, before, "userbus_commit_commands_sum") >= 20
    assert 1 <= growth(stack, before, "userbus_commit_commands_count") <= 21
    assert growth(stack, before, 'userbus_sms_sends_total{outcome="sent",vendor="log"}') == 1
    async with asyncio.timeout(PATIENCE):
        while figures(stack)["userbus_in_flight"]:
            await asyncio.sleep(0.05)  # the last one is counted before it is acknowledged


async def test_the_age_of_a_message_is_that_of_its_first_delivery_alone(client: Client, stack: Stack) -> None:
    before, old = figures(stack), {"timestamp": 1_700_000_000}
    await client.refused("user.get", {"id": 9_007_199_254_740_991}, **old)
    await client.refused("user.get", {"id": 9_007_199_254_740_991}, **old, headers={"x-first": "2026-01-02"})
    assert growth(stack, before, 'userbus_request_age_seconds_bucket{family="user",le="+Inf"}') == 1
    assert growth(stack, before, 'userbus_request_age_seconds_bucket{family="user",le="7200.0"}') == 0


async def test_the_state_of_pools_is_told(client: Client, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes, password, released = stack.worker.dependencies.passwords._context, "a good password", Event()
    hash_now = hashes.hash
    monkeypatch.setattr(
        hashes, "hash", lambda text: released.wait(PATIENCE) and hash_now(text)
    )  # else some may be done
    hashing = asyncio.gather(
        *(client.done("user.create", {"username": uuid4().hex, "password": password}) for _ in range(20))
    )
    async with asyncio.timeout(PATIENCE):
        while not figures(stack)['userbus_hashes{pool="argon2",state="waiting"}']:
            await asyncio.sleep(0.02)  # the worker starts one delivery a turn of this loop
    assert figures(stack)['userbus_hashes{pool="argon2",state="running"}'] >= 1
    released.set()
    await hashing
    told = figures(stack)
    assert [value for name, value in told.items() if name.startswith("userbus_hashes")] == [0.0] * 6
    assert told['userbus_database_connections{state="idle"}'] >= 1
    assert told['userbus_database_connections{state="waiting"}'] == 0


def test_every_reason_of_the_manual_is_counted_from_the_start() -> None:
    section = (ROOT / "docs" / "operations.md").read_text().split("\n## Dead letters\n")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    listed = {reason for row in rows for reason in re.findall(r"`([a-z_.]+)`", row)}
    assert (len(listed) >= 10, listed - {*KNOWN_CODES}) == (True, set())
