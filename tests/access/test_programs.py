"""The programs of userbus with their own RabbitMQ users, where callers are required."""

import asyncio
import json
from uuid import uuid4

import aio_pika
import httpx

from bridge.app import create_app
from bridge.settings import Settings
from client import connect
from contracts.tokens import IssueToken
from dead_letters.queue import DeadLetterQueue
from tests.support.client import Client
from tests.support.loopback import serve
from tests.support.passport import CREATE, person
from tests.support.patience import PATIENCE


async def test_the_bridge_serves_with_a_token_of_the_operator(urls: dict[str, str]) -> None:
    async with connect(urls["operator"], app_id="userbus-cli") as operator:
        issued = await operator.ask(IssueToken(name="tests", scopes=["passport"]))
    app = create_app(Settings(amqp_url=urls["bridge"], bridge_timeout=PATIENCE))
    async with Client(urls["worker"]) as worker, serve(app) as url, httpx.AsyncClient(base_url=url) as http:
        events = await worker.events("user.created", served=False)
        assert (await http.get("/health/ready")).status_code == 200
        answer = await http.post(CREATE, json=person(), headers={"Authorization": f"Bearer {issued.token}"})
        assert answer.json()["code"] == 0
        (event,) = await events.about(f"user/{answer.json()['data']}", 1)
    assert (event["caller"], event["actor"]) == ("bridge", f"token:{issued.id}")


async def test_a_redriven_dead_letter_keeps_its_caller(urls: dict[str, str]) -> None:
    username = f"user_{uuid4().hex}"
    letter = aio_pika.Message(
        json.dumps({"username": username}).encode(),
        user_id="billing",
        message_id=uuid4().hex,
    )
    async with Client(urls["worker"]) as worker:
        events = await worker.events("user.created", served=False)
        await (await worker.channel.get_exchange("userbus.dead.letters", ensure=False)).publish(letter, "user.create")
        async with DeadLetterQueue(urls["worker"], keep_callers=True) as letters:
            async for message in letters.read():
                if message.message_id == letter.message_id:
                    assert await letters.redrive(message)
        async with asyncio.timeout(PATIENCE):
            while (event := await events.next())["data"]["username"] != username:
                pass
    assert event["caller"] == "billing"
