"""Callers in the worker, where nothing of the broker's own permissions stands before it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed
from structlog.testing import capture_logs

from access.service_grants import PROGRAMS, ServiceIdentity
from access.service_list import add_service, remove_service
from client import Denied, connect
from contracts.catalog import CATALOG
from contracts.user_queries import GetUser
from contracts.users import CreateUser
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.restricted import SERVICES, RestrictedBroker
from tests.support.scripted_worker import wait_until
from worker.app import Worker

CALLERS = {**PROGRAMS, **{service.name: service for service in SERVICES}}
IMPERSONATOR = "worker"  # its user may publish anything in the name of anybody
FORBIDDEN = "caller.forbidden"


def name() -> str:
    return f"user_{uuid4().hex}"


@pytest.fixture
async def anybody(urls: dict[str, str]) -> AsyncIterator[Client]:
    """A client whose broker lets it send everything under every name."""
    async with Client(urls[IMPERSONATOR]) as client:
        yield client


@pytest.mark.parametrize("caller", [*CALLERS, "stranger", None], ids=str)
async def test_the_worker_lets_each_caller_send_what_the_list_says(anybody: Client, caller: str | None) -> None:
    allowed = CALLERS[caller].requests if caller in CALLERS else frozenset()

    async def code(request: str) -> str:
        reply = await anybody.call(request, {"no such field": 1}, user_id=caller)
        return str(reply["problem"]["code"]) if reply["status"] == "failed" else "done"

    codes = dict(zip(CATALOG, await asyncio.gather(*map(code, CATALOG)), strict=True))
    assert {request for request, found in codes.items() if found != FORBIDDEN} == allowed


@pytest.mark.parametrize("user", sorted(CALLERS.keys() - {"worker"}))
async def test_the_broker_lets_each_user_send_what_the_list_says(urls: dict[str, str], user: str) -> None:
    async def is_taken(connection: aio_pika.abc.AbstractConnection, request: str) -> bool:
        channel = await connection.channel()
        try:
            exchange = await channel.get_exchange("userbus.commands", ensure=False)
            await exchange.publish(aio_pika.Message(b"{}", user_id=user, expiration=0), request)
        except aio_pika.exceptions.ChannelClosed:
            return False
        await channel.close()
        return True

    async with await aio_pika.connect(urls[user]) as connection:
        taken = {request for request in CATALOG if await is_taken(connection, request)}
    assert taken == CALLERS[user].requests


async def test_nobody_sends_in_the_name_of_another(urls: dict[str, str]) -> None:
    async with await aio_pika.connect(urls["reader"]) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("userbus.commands", ensure=False)
        with pytest.raises(ChannelPreconditionFailed, match="user_id"):
            await exchange.publish(aio_pika.Message(b"{}", user_id="billing"), "user.get")


async def test_the_client_tells_its_user_and_hears_refusals(urls: dict[str, str]) -> None:
    async with connect(urls["billing"], app_id="billing") as bus:
        user = await bus.ask(CreateUser(username=name()))
        assert (await bus.ask(GetUser(id=user.id))).id == user.id
        with pytest.raises(Denied) as refused:
            await bus.ask(CreateUser(username=name(), root=1))
    assert refused.value.code == FORBIDDEN
    assert "user.set_root" in refused.value.message


async def test_a_root_user_is_made_by_whom_the_list_names(anybody: Client) -> None:
    body = {"username": name(), "root": 1}
    assert (await anybody.refused("user.create", body, user_id="bridge"))["code"] == FORBIDDEN
    assert (await anybody.done("user.create", body, user_id="operator"))["root"] == 1


async def test_a_refusal_is_logged_and_without_reply_address_an_event(anybody: Client) -> None:
    events = await anybody.events("command.refused", served=False)
    message_id = uuid4().hex
    with capture_logs() as logs:
        await anybody.send("user.delete", {"id": 1}, user_id="reader", message_id=message_id)
        event = await events.next()
    assert event["data"]["message_id"] == message_id
    assert (event["data"]["caller"], event["data"]["problem"]["code"]) == ("reader", FORBIDDEN)
    assert {"caller": "reader", "name": "user.delete"}.items() <= next(
        line.items() for line in logs if line["event"] == "caller refused"
    )
    # the id is still free for whoever may use it
    assert await anybody.done("user.delete", {"id": 9_000_000_000}, user_id="bridge", message_id=message_id)


async def test_a_query_without_reply_address_is_dropped(anybody: Client) -> None:
    before, _ = await anybody.counted("userbus.dead")
    with capture_logs() as logs:
        await anybody.send("token.search", {}, user_id="reader")
        await wait_until(lambda: any(line["event"] == "caller refused" for line in logs))
    assert (await anybody.counted("userbus.dead"))[0] == before


async def test_the_caller_is_in_event_and_journal_and_an_actor_is_believed_from_the_trusted(
    anybody: Client, restricted_worker: Worker
) -> None:
    events = await anybody.events("user.created", served=False)
    said = {"headers": {"x-actor": "user:1"}, "app_id": "userbus-bridge"}
    for caller, actor, app in (("billing", None, "billing"), ("bridge", "user:1", "userbus-bridge")):
        id = uuid4().hex
        user = await anybody.done("user.create", {"username": name()}, user_id=caller, message_id=id, **said)
        (event,) = await events.about(f"user/{user['id']}", 1)
        assert (event["caller"], event.get("actor")) == (caller, actor)
        entry = await restricted_worker.dependencies.store.collection("journal").find_one({"_id": id})
        assert (entry["caller"], entry["actor"], entry["app_id"]) == (caller, actor, app)


async def test_the_sender_of_a_refused_command_is_its_caller(anybody: Client) -> None:
    events = await anybody.events("command.refused", served=False)
    await anybody.send("user.update", {"id": 9_000_000_000}, user_id="billing", app_id="userbus-bridge")
    assert (await events.next())["data"]["app_id"] == "billing"


async def test_a_reply_goes_to_the_callers_own_queues_alone(anybody: Client) -> None:
    victim = await anybody.channel.declare_queue("userbus.victim", exclusive=True)
    own = f"amq_{uuid4().hex}"
    mine = await anybody.channel.declare_queue(own, exclusive=True)
    with capture_logs() as logs:
        await anybody.send("user.get", {"id": 9_000_000_000}, user_id="billing", reply_to="watcher.notify")
        await anybody.send("user.get", {"id": 9_000_000_000}, user_id="billing", reply_to="/queues/watcher%2Enotify")
        await anybody.send("user.get", {"id": 9_000_000_000}, user_id="billing", reply_to=victim.name)
        await anybody.send("user.get", {"id": 9_000_000_000}, user_id="billing", reply_to="billing.replies")
        await anybody.send("user.get", {"id": 9_000_000_000}, user_id="billing", reply_to=own)
        async with asyncio.timeout(PATIENCE), mine.iterator() as replies:
            async for reply in replies:
                await reply.ack()
                assert json.loads(reply.body)["status"] == "failed"
                break
    refused = [line["reply_to"] for line in logs if line["event"] == "reply refused"]
    assert refused == ["watcher.notify", "watcher.notify", victim.name]


@pytest.mark.parametrize("header", ["CC", "BCC"])
async def test_a_copy_under_another_key_is_the_request_of_the_first_one(urls: dict[str, str], header: str) -> None:
    """RabbitMQ 3.10 asks for no right to the further keys; a copy keeps the first, by which the worker takes it."""
    body, copies = {"username": name()}, {header: ["user.create", "role.get"]}
    with suppress(ChannelAccessRefused):  # by RabbitMQ 4
        async with Client(urls["reader"], caller="reader") as client:
            assert (await client.refused("user.get", body, headers=copies))["code"] == "user.not_found"
    async with Client(urls["reader"], caller="reader") as client:
        assert (await client.refused("user.get", body))["code"] == "user.not_found"


@pytest.mark.parametrize("way", ["binding", "alternate exchange", "dead letters"])
async def test_an_exchange_of_ones_own_is_no_way_round(urls: dict[str, str], way: str) -> None:
    """RabbitMQ asks for no right to the routing key there: the worker does."""
    async with Client(urls["billing"]) as client, Client(urls["worker"]) as watcher:
        events = await watcher.events("command.refused", served=False)
        channel, message_id = client.channel, uuid4().hex
        arguments: dict[str, Any] = {"alternate-exchange": "userbus.commands"} if way == "alternate exchange" else {}
        own = await channel.declare_exchange(
            f"billing.{uuid4().hex}", aio_pika.ExchangeType.FANOUT, arguments=arguments
        )
        dead: dict[str, Any] = {
            "x-dead-letter-exchange": "userbus.commands",
            "x-dead-letter-routing-key": "user.delete",
        }
        through = await channel.declare_queue(f"billing.{uuid4().hex}", exclusive=True, arguments=dead)
        if way == "binding":
            await (await channel.get_exchange("userbus.commands", ensure=False)).bind(own)
        if way == "dead letters":
            await through.bind(own)
        await own.publish(aio_pika.Message(b'{"id": 1}', user_id="billing", message_id=message_id), "user.delete")
        if way == "dead letters":
            message = await through.get(timeout=PATIENCE)
            assert message is not None
            await message.reject()
        event = await events.next()
        assert (event["data"]["message_id"], event["data"]["problem"]["code"]) == (message_id, FORBIDDEN)
        await own.delete()


async def test_a_service_that_is_added_or_removed_is_known_at_once(
    anybody: Client, restricted: RestrictedBroker
) -> None:
    async def is_refused() -> bool:
        reply = await anybody.call("user.search", {}, user_id="crm")
        return bool(reply["status"] == "failed" and reply["problem"]["code"] == FORBIDDEN)

    assert await is_refused()
    add_service(restricted.services_file, ServiceIdentity("crm"))
    async with asyncio.timeout(PATIENCE):
        while await is_refused():
            await asyncio.sleep(0.2)
    remove_service(restricted.services_file, "crm")
    async with asyncio.timeout(PATIENCE):
        while not await is_refused():
            await asyncio.sleep(0.2)


async def test_a_wrong_list_leaves_the_last_good_one(anybody: Client, restricted: RestrictedBroker) -> None:
    file: Path = restricted.services_file
    text = await asyncio.to_thread(file.read_text)
    with capture_logs() as logs:
        await asyncio.to_thread(file.write_text, text + "\n[oops")
        await wait_until(lambda: any(line["event"] == "list of services not read" for line in logs))
    assert (await anybody.call("user.search", {}, user_id="reader"))["status"] == "done"
    with capture_logs() as logs:
        await asyncio.to_thread(file.write_text, text)
        await wait_until(lambda: any(line["event"] == "list of services read" for line in logs))


async def test_a_command_keeps_its_caller_through_the_retry_ladder(anybody: Client, urls: dict[str, str]) -> None:
    """A copy on the wait queue is the worker's, which may speak for others."""
    events = await anybody.events("user.created", served=False)
    username = name()
    body = json.dumps({"username": username}).encode()
    wait = await anybody.channel.get_exchange("userbus.retry.1s", ensure=False)
    await wait.publish(aio_pika.Message(body, user_id="billing", message_id=uuid4().hex), "user.create")
    async with asyncio.timeout(PATIENCE):
        while (event := await events.next())["data"]["username"] != username:
            pass
    assert event["caller"] == "billing"
