"""Refusals that belong to no single family, and those whose codes the other tests only compose."""

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from pamqp import commands as spec
from pydantic import SecretStr

from contracts.integrations import CreateIntegration
from contracts.topology.declared import DELIVERY_LIMIT
from contracts.users import CreateUser
from handlers.integrations import create_integration
from handlers.users import create_user
from models.errors.accounts import NoKey
from models.errors.auth import HashingBusy
from models.secrets.passwords import Passwords
from models.secrets.vault import Vault
from models.store.journal import CommandContext
from models.unit_of_work import Dependencies, UnitOfWork
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.rows import a_group, a_resource, an_app, code
from tests.support.stack import Stack
from tests.support.visitors import PASSWORD

NOBODY = 9_007_199_254_740_991


async def test_a_code_is_taken_once_in_its_place(client: Client) -> None:
    app = await an_app(client)
    kind = await client.done("resource_type.create", {"code": code(), "name": "Type"})
    group, resource = await a_group(client, app), await a_resource(client, app)
    for request, body, refused in (
        ("app.create", {"code": app["code"], "name": "App"}, "app.code_taken"),
        ("resource_type.create", {"code": kind["code"], "name": "Type"}, "resource_type.code_taken"),
        ("group.create", {"app_id": app["id"], "code": group["code"], "name": "G"}, "group.code_taken"),
        ("group.create", {"app_id": app["id"], "code": code(), "name": "G", "id": group["id"]}, "group.id_taken"),
        (
            "resource.create",
            {"app_id": app["id"], "code": resource["code"], "resource_type_id": 1},
            "resource.code_taken",
        ),
    ):
        problem = await client.refused(request, body)
        assert (problem["kind"], problem["code"]) == ("conflict", refused)


async def test_an_unknown_token_cannot_be_revoked(client: Client) -> None:
    problem = await client.refused("token.revoke", {"id": NOBODY})
    assert (problem["kind"], problem["code"]) == ("not_found", "token.not_found")


class Nameless(spec.Basic.Properties):
    """Properties to which the library cannot add a message_id of its own."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, None if name == "message_id" else value)


async def test_a_command_without_a_message_id_is_refused(client: Client, stack: Stack) -> None:
    username = uuid4().hex
    async with await aio_pika.connect(stack.amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        replies = await channel.declare_queue(exclusive=True)
        plain = await channel.get_underlay_channel()
        properties = Nameless(reply_to=replies.name, correlation_id="c")
        body = json.dumps({"username": username}).encode()
        await plain.basic_publish(body, exchange="userbus.commands", routing_key="user.create", properties=properties)
        async with asyncio.timeout(PATIENCE), replies.iterator(no_ack=True) as answers:
            reply = await anext(answers)
    assert (reply.correlation_id, reply.type, reply.content_type) == ("c", "reply", "application/json")
    problem = json.loads(reply.body)["problem"]
    assert (problem["kind"], problem["code"]) == ("invalid", "message.id_missing")
    assert (await client.refused("user.get", {"username": username}))["code"] == "user.not_found"


@asynccontextmanager
async def hold_hashing(passwords: Passwords) -> AsyncIterator[None]:
    """Occupy every thread that hashes passwords until the block ends."""
    gate = threading.Event()
    waiting = [asyncio.create_task(passwords._own.run(gate.wait)) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        gate.set()
        await asyncio.gather(*waiting)


async def test_what_is_not_done_by_the_deadline_is_answered_and_can_be_sent_again(client: Client, stack: Stack) -> None:
    message_id, body = uuid4().hex, {"username": uuid4().hex, "password": PASSWORD}
    async with hold_hashing(stack.worker.dependencies.passwords):
        soon = int((time.time() + 3) * 1000)  # time enough to take it from the queue, on a slow machine too
        problem = await client.refused("user.create", body, message_id=message_id, headers={"x-deadline": soon})
    assert (problem["kind"], problem["code"]) == ("unavailable", "message.late")
    user = await client.done("user.create", body, message_id=message_id)
    assert user["username"] == body["username"]


async def test_what_a_sender_writes_of_deliveries_is_not_believed(client: Client) -> None:
    headers: dict[str, Any] = {"x-delivery-count": DELIVERY_LIMIT}
    username = uuid4().hex
    assert (await client.done("user.create", {"username": username}, headers=headers))["username"] == username


async def test_a_fault_is_answered_with_its_id_and_opens_the_circuit_in_time(client: Client, stack: Stack) -> None:
    rows, broken = stack.worker.dependencies.store.collection("resource_types"), uuid4().int % 10**12
    await rows.insert_one({"_id": broken, "code": code()})
    for _ in range(10):
        problem = await client.refused("resource_type.get", {"id": broken})
        assert (problem["kind"], problem["code"]) == ("internal", "service.fault")
        assert problem["details"]["fault"] in problem["message"]
    problem = await client.refused("resource_type.get", {"id": broken})
    assert (problem["kind"], problem["code"]) == ("unavailable", "service.circuit_open")
    await rows.delete_one({"_id": broken})
    async with asyncio.timeout(PATIENCE):
        while (await client.call("resource_type.get", {"id": 1}))["status"] == "failed":
            await asyncio.sleep(0.2)


def without(stack: Stack, **parts: Any) -> UnitOfWork:
    """A unit of a worker that has other parts."""
    shared: Dependencies = replace(stack.worker.dependencies, **parts)
    return UnitOfWork(shared, CommandContext("user.create", uuid4().hex, "digest"))


async def test_a_full_queue_of_hashes_refuses_at_once(stack: Stack) -> None:
    full = Passwords(waiting=-(os.cpu_count() or 1))
    async with without(stack, passwords=full) as unit:
        with pytest.raises(HashingBusy) as refusal:
            await create_user(CreateUser(username=uuid4().hex, password=SecretStr(PASSWORD)), unit)
    full.close()
    assert (refusal.value.kind, refusal.value.code) == ("unavailable", "password.busy")


async def test_a_worker_without_a_key_stores_no_secret(stack: Stack) -> None:
    name = uuid4().hex
    async with without(stack, vault=Vault(None)) as unit:
        with pytest.raises(NoKey, match="USERBUS_ENCRYPTION_KEY") as refusal:
            await create_integration(CreateIntegration(name=name, secrets=[SecretStr("s3cret")]), unit)
    assert (refusal.value.kind, refusal.value.code) == ("denied", "integration.no_key")
    assert await stack.worker.dependencies.store.collection("integrations").find_one({"name": name}) is None
