"""The console where callers are checked: by whose RabbitMQ user it reaches what is no request."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aio_pika

from bridge.app import create_app
from bridge.settings import Settings
from tests.support.client import Client
from tests.support.console import Visitor, create_root
from tests.support.dead_letters import add_dead_letters
from tests.support.loopback import http_client, serve
from tests.support.patience import PATIENCE


@asynccontextmanager
async def visit(urls: dict[str, str], **settings: Any) -> AsyncIterator[Visitor]:
    """A root user at a console that asks as the operator."""
    known: dict[str, Any] = {
        "console": True,
        "console_amqp_url": urls["operator"],
        "require_caller": True,
        "bridge_timeout": PATIENCE,
    }
    app = create_app(Settings(amqp_url=urls["bridge"], **known, **settings))
    async with Client(urls["operator"], caller="operator") as client, serve(app, lifespan="on") as url:
        root = await create_root(client)
        async with http_client(url) as http:
            visitor = Visitor(http)
            assert (await visitor.sign_in(root["username"])).status_code == 303
            yield visitor


async def test_the_operator_sees_queues_and_is_told_what_it_may_not_read(urls: dict[str, str]) -> None:
    async with Client(urls["worker"]) as worker, visit(urls) as visitor:
        await add_dead_letters(worker, 1)
        async with asyncio.timeout(PATIENCE):  # a page gives the broker two seconds
            while "<td>userbus.user</td>" not in await visitor.read("/overview"):
                await asyncio.sleep(0.1)
        page = await visitor.read("/dead", 503)
        assert "The dead letters cannot be reached: " in page
        assert "May the user of USERBUS_CONSOLE_BROKER_AMQP_URL read userbus.dead?" in page
        await (await worker.channel.get_queue("userbus.dead", ensure=False)).purge()
        async with asyncio.timeout(PATIENCE):
            while "The log of events cannot be read: " not in await visitor.read("/events/live"):
                await asyncio.sleep(0.1)


async def test_with_the_worker_s_user_redriven_letters_keep_their_callers(urls: dict[str, str]) -> None:
    username, key = f"user_{uuid4().hex}", uuid4().hex
    body = json.dumps({"username": username}).encode()
    letter = aio_pika.Message(body, user_id="billing", message_id=key)
    async with Client(urls["worker"]) as worker, visit(urls, console_broker_amqp_url=urls["worker"]) as visitor:
        events = await worker.events("user.created", served=False)
        await (await worker.channel.get_exchange("userbus.dead.letters", ensure=False)).publish(letter, "user.create")
        async with asyncio.timeout(PATIENCE):
            while (await visitor.send("/dead/redrive", id=key)).status_code != 200:
                await asyncio.sleep(0.1)
            while (event := await events.next())["data"]["username"] != username:
                pass
        assert event["caller"] == "billing"
        async with asyncio.timeout(PATIENCE):
            while key not in await visitor.read("/events/live?name=user.created"):
                await asyncio.sleep(0.1)
