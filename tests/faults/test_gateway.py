"""Gateways that are slow, fail, or are not there; and what a worker without one says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from devstack.servers import RunningServers
from models.unit_of_work import UnitOfWork
from tests.support.client import Client
from tests.support.gateway import Gateway, gateway
from tests.support.stack import fresh_database, settings
from worker.app import Worker, run_worker

SECRET = "a secret that signs webhooks"


@asynccontextmanager
async def serving(breakable: RunningServers, **changed: Any) -> AsyncIterator[tuple[Worker, Client]]:
    """A worker with a database of its own, and a client; the gateway tests start no other."""
    given = {"mongo_url": fresh_database(breakable.mongo_url), **changed}
    async with run_worker(settings(breakable, **given)) as worker, Client(breakable.amqp_url) as client:
        yield worker, client


def through(played: Gateway, **changed: Any) -> dict[str, Any]:
    return {"sms_sender": "webhook", "sms_url": played.url, "sms_secret": SECRET, "sms_per_address": 0, **changed}


def code(played: Gateway) -> str:
    return str(json.loads(played.received[-1].body)["code"])


async def traces(worker: Worker, telephone: str, message_id: str) -> tuple[list[Any], str | None, int]:
    """What is stored of a send: the reservations, the code, the journal entries."""
    store = worker.dependencies.store
    row = await store.collection("codes").find_one(
        {"number": UnitOfWork(worker.dependencies).sms_numbers.digest(telephone)}
    )
    entries = await store.collection("journal").count_documents({"_id": message_id})
    return row["sends"], row["code"], entries


async def test_a_slow_gateway_holds_up_nobody_else(breakable: RunningServers) -> None:
    async with gateway() as played:
        slow = through(played, sms_seconds=30, sms_running=4, sms_waiting=2, prefetch=1)
        async with serving(breakable, **slow) as (_, client):
            played.open.clear()
            bodies = [{"telephone": f"1380000000{number}"} for number in range(6)]
            calls = [asyncio.create_task(client.call("sms.send_code", body)) for body in bodies]
            await played.arrived(4)
            guess = {"telephone": "13800000000", "code": "000000"}
            assert (await client.refused("sms.verify_code", guess))["code"] == "sms.code_wrong"
            assert (await client.refused("sms.send_code", bodies[0]))["code"] == "sms.too_soon"
            assert (await client.refused("sms.send_code", {"telephone": "13900000000"}))["code"] == "sms.not_sent"
            await client.done("user.create", {"username": "somebody"})
            assert not any(call.done() for call in calls)
            assert len(played.received) == 4
            played.open.set()
            assert {reply["status"] for reply in await asyncio.gather(*calls)} == {"done"}


async def test_a_message_whose_answer_comes_too_late_counts_and_its_code_is_valid(breakable: RunningServers) -> None:
    telephone, message_id = "13812345678", uuid4().hex
    async with (
        gateway() as played,
        serving(breakable, **through(played, sms_seconds=2)) as (worker, client),
    ):
        played.open.clear()
        problem = await client.refused("sms.send_code", {"telephone": telephone}, message_id=message_id)
        assert (problem["kind"], problem["code"]) == ("unavailable", "sms.not_sent")
        sends, stored, entries = await traces(worker, telephone, message_id)
        assert ([send["taken"] for send in sends], stored is None, entries) == ([True], False, 0)
        played.open.set()
        assert (await client.refused("sms.send_code", {"telephone": telephone}))["code"] == "sms.too_soon"
        await client.done("sms.send_code", {"telephone": telephone}, message_id=message_id)
        assert len(played.received) == 1
        body = {"telephone": telephone, "code": code(played)}
        assert await client.done("sms.verify_code", body) == {"verified": True}


async def test_a_gateway_that_refuses_leaves_the_code_before_as_it_was(breakable: RunningServers) -> None:
    telephone, message_id = "13812345678", uuid4().hex
    async with gateway((200, {}), (400, {})) as played, serving(breakable, **through(played)) as (worker, client):
        await client.done("sms.send_code", {"telephone": telephone})
        first = code(played)
        await worker.dependencies.store.collection("codes").update_many({}, {"$set": {"sends": []}})
        with capture_logs() as logs:
            problem = await client.refused("sms.send_code", {"telephone": telephone}, message_id=message_id)
        assert (problem["kind"], problem["code"]) == ("unavailable", "sms.not_sent")
        assert any(line["event"] == "sms not sent" and "400" in line["reason"] for line in logs)
        assert telephone not in str(logs)
        assert code(played) not in str(logs)
        body = {"telephone": telephone, "code": first}
        assert await client.done("sms.verify_code", body) == {"verified": True}


async def test_a_number_that_the_gateway_refuses_is_not_asked_again_at_once(breakable: RunningServers) -> None:
    async with gateway((422, {})) as played, serving(breakable, **through(played)) as (_, client):
        body, message_id = {"telephone": "13812345678"}, uuid4().hex
        for _ in range(2):
            problem = await client.refused("sms.send_code", body, message_id=message_id)
            assert (problem["kind"], problem["code"]) == ("denied", "sms.number_refused")
        for _ in range(25):
            assert (await client.refused("sms.send_code", body))["code"] == "sms.too_soon"
        assert len(played.received) == 1


async def test_a_refusal_of_the_account_is_an_error_for_the_operator(breakable: RunningServers) -> None:
    async with gateway((401, {})) as played, serving(breakable, **through(played)) as (_, client):
        with capture_logs() as logs:
            assert (await client.refused("sms.send_code", {"telephone": "13812345678"}))["code"] == "sms.not_sent"
        assert [line["log_level"] for line in logs if line["event"] == "sms not sent"] == ["error"]


async def test_a_send_that_nobody_waits_for_is_tried_again_later(breakable: RunningServers) -> None:
    async with gateway((400, {}), (200, {})) as played, serving(breakable, **through(played)) as (_, client):
        events = await client.events("sms.code_sent")
        message_id = uuid4().hex
        await client.send("sms.send_code", {"telephone": "13812345678"}, message_id=message_id)
        assert (await events.next())["causationid"] == message_id
        assert len(played.received) == 2


async def test_an_address_gets_five_codes_in_ten_minutes(breakable: RunningServers) -> None:
    async with (
        gateway() as played,
        serving(breakable, **through(played, sms_per_address=5)) as (worker, client),
    ):

        async def ask(last: int, address: str | None = "192.0.2.1") -> dict[str, Any]:
            return await client.call("sms.send_code", {"telephone": f"1380000000{last}", "client_address": address})

        replies = await asyncio.gather(*(ask(last) for last in range(8)))
        assert [reply["status"] for reply in replies].count("done") == 5
        refused = next(reply["problem"] for reply in replies if reply["status"] == "failed")
        assert (refused["kind"], refused["code"]) == ("throttled", "sms.too_many")
        assert 500 < refused["details"]["retry_after"] <= 600
        assert (await ask(8, "192.0.2.2"))["status"] == "done"
        assert (await ask(9, None))["status"] == "done"
        rows = worker.dependencies.store.collection("addresses")
        assert "192.0.2.1" not in str(await rows.find({}).to_list(None))


async def test_a_number_that_was_refused_for_the_moment_is_not_asked_again_at_once(breakable: RunningServers) -> None:
    async with gateway((400, {})) as played, serving(breakable, **through(played)) as (_, client):
        body, message_id = {"telephone": "13812345678"}, uuid4().hex
        for _ in range(3):
            assert (await client.refused("sms.send_code", body, message_id=message_id))["code"] == "sms.not_sent"
        for _ in range(25):
            assert (await client.refused("sms.send_code", body))["code"] == "sms.too_soon"
        assert len(played.received) == 1


async def test_a_refusal_counts_against_the_client_address(breakable: RunningServers) -> None:
    async with gateway((400, {})) as played, serving(breakable, **through(played, sms_per_address=3)) as (_, client):

        async def ask(last: int, address: str) -> str:
            body = {"telephone": f"1380000000{last}", "client_address": address}
            return str((await client.refused("sms.send_code", body))["code"])

        assert [await ask(last, "192.0.2.1") for last in range(5)] == ["sms.not_sent"] * 3 + ["sms.too_many"] * 2
        assert await ask(5, "192.0.2.2") == "sms.not_sent"
        assert len(played.received) == 4


async def test_what_a_gateway_was_not_asked_is_not_counted(breakable: RunningServers) -> None:
    limits = {"sms_per_number": 1, "sms_per_address": 1, "sms_per_day": 2, "sms_running": 1, "sms_waiting": 0}
    async with gateway() as played, serving(breakable, **through(played, **limits)) as (_, client):
        played.open.clear()
        other = asyncio.create_task(client.done("sms.send_code", {"telephone": "13900000000"}))
        await played.arrived(1)
        body = {"telephone": "13812345678", "client_address": "192.0.2.1"}
        for _ in range(3):
            assert (await client.refused("sms.send_code", body))["code"] == "sms.not_sent"
        played.open.set()
        await other
        await client.done("sms.send_code", body)


async def test_all_numbers_together_get_so_many_codes_a_day(breakable: RunningServers) -> None:
    async with gateway() as played, serving(breakable, **through(played, sms_per_day=3)) as (_, client):
        bodies = [{"telephone": f"1380000000{last}"} for last in range(6)]
        replies = await asyncio.gather(*(client.call("sms.send_code", body) for body in bodies))
        assert [reply["status"] for reply in replies].count("done") == 3
        (problem, *_) = [reply["problem"] for reply in replies if reply["status"] == "failed"]
        assert (problem["kind"], problem["code"]) == ("throttled", "sms.too_many")
        assert 1 <= problem["details"]["retry_after"] <= 24 * 3600
        refused = next(body for body, reply in zip(bodies, replies, strict=True) if reply["status"] == "failed")
        assert (await client.refused("sms.send_code", refused))["code"] == "sms.too_many"
        assert len(played.received) == 3


@pytest.mark.parametrize("request_", [("sms.send_code", {}), ("sms.verify_code", {"code": "000000"})])
async def test_without_a_sender_sms_is_off(breakable: RunningServers, request_: tuple[str, dict[str, str]]) -> None:
    name, fields = request_
    async with serving(breakable) as (worker, client):
        problem = await client.refused(name, {"telephone": "13812345678", **fields})
        assert (problem["kind"], problem["code"]) == ("denied", "sms.disabled")
        assert worker.dependencies.sms is None
