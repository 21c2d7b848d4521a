"""What docs/other-clients.md says of STOMP, over a plain socket, with RabbitMQ's plug-in: `make clients`."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest

from devstack.ports import HOST, free_port
from devstack.rabbitmq import PLUGIN
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.rabbitmq_alone import rabbitmq_alone
from tests.support.stack import fresh_database, settings, without_heartbeat
from worker.app import run_worker

EXCHANGE, QUEUE = "/exchange/userbus.commands/user.create", "/amq/queue/userbus.user"

pytestmark = pytest.mark.skipif("CLIENTS_INSTALLED" not in os.environ, reason="is for other clients: make clients")


class Stomp:
    """A connection that speaks STOMP 1.2."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, command: str, headers: dict[str, str], body: str = "") -> None:
        """Send a frame."""
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        self._writer.write(f"{command}\n{lines}\n{body}\0".encode())

    async def next(self) -> tuple[str, str]:
        """The command of the next frame, and its body."""
        raw = await asyncio.wait_for(self._reader.readuntil(b"\0"), PATIENCE)
        head, _, body = raw[:-1].decode().lstrip("\n").partition("\n\n")
        return head.partition("\n")[0], body

    async def ask(self, destination: str, reply_to: str = "/temp-queue/answers", **headers: str) -> dict[str, Any]:
        """The reply to user.create."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps({"username": f"user-{uuid4().hex}"})
        self.send("SEND", {"destination": destination, "reply-to": reply_to, **named}, body)
        command, answer = await self.next()
        assert command == "MESSAGE", answer
        reply: dict[str, Any] = json.loads(answer)
        return reply


@pytest.fixture(scope="module")
async def broker(running: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, int]]:
    """A RabbitMQ that speaks STOMP too, with a worker: its URL, and the port of STOMP."""
    home, port = tmp_path_factory.mktemp("stomp"), free_port()
    conf = home / "rabbitmq" / "conf.d" / "stomp.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(f"stomp.listeners.tcp.1 = {HOST}:{port}\n")
    with rabbitmq_alone(home, f"[{PLUGIN},rabbitmq_stomp].\n") as url:
        servers = replace(running, amqp_url=without_heartbeat(url), mongo_url=fresh_database(running.mongo_url))
        async with run_worker(settings(servers)):
            yield url, port


@pytest.fixture
async def stomp(broker: tuple[str, int]) -> AsyncIterator[Stomp]:
    """A connection of the user of the tests."""
    url, port = broker
    login = urlsplit(url)
    reader, writer = await asyncio.open_connection(HOST, port)
    up = Stomp(reader, writer)
    headers = {"login": login.username or "", "passcode": unquote(login.password or "")}
    up.send("CONNECT", {"accept-version": "1.2", "host": "/", **headers})
    assert (await up.next())[0] == "CONNECTED"
    yield up
    writer.close()


@pytest.mark.parametrize("header", ["amqp-message-id", "x-message-id"])
async def test_a_command_is_answered_by_either_header_of_its_id(stomp: Stomp, header: str) -> None:
    assert (await stomp.ask(EXCHANGE, **{header: uuid4().hex}))["status"] == "done"
    assert (await stomp.ask(EXCHANGE))["problem"]["code"] == "message.id_missing"


async def test_a_queue_takes_the_name_as_type_and_answers_go_to_named_queues_too(stomp: Stomp) -> None:
    answers = f"/queue/answers-{uuid4().hex}"
    stomp.send("SUBSCRIBE", {"id": "1", "destination": answers, "auto-delete": "true"})
    reply = await stomp.ask(QUEUE, reply_to=answers, type="user.create", amqp_message_id=uuid4().hex)
    assert reply["status"] == "done"


async def test_headers_are_text_and_work(stomp: Stomp, broker: tuple[str, int]) -> None:
    ahead = str(int((time.time() + PATIENCE) * 1000))
    message_id = uuid4().hex
    reply = await stomp.ask(EXCHANGE, amqp_message_id=message_id, x_deadline=ahead, x_actor="ada")
    assert reply["status"] == "done"
    async with Client(without_heartbeat(broker[0])) as client:
        (entry,) = (await client.done("audit.search", {"subject": f"user/{reply['data']['id']}"}))["items"]
        assert entry["actor"] == "ada"
    reply = await stomp.ask(EXCHANGE, amqp_message_id=uuid4().hex, x_deadline="1")
    assert reply["problem"]["code"] == "message.invalid"


async def test_events_are_heard(stomp: Stomp) -> None:
    stomp.send("SUBSCRIBE", {"id": "1", "destination": "/exchange/userbus.events/user.created", "receipt": "listens"})
    assert (await stomp.next())[0] == "RECEIPT"
    body = json.dumps({"username": f"user-{uuid4().hex}"})
    stomp.send("SEND", {"destination": EXCHANGE, "amqp-message-id": uuid4().hex}, body)
    command, event = await stomp.next()
    assert (command, json.loads(event)["type"]) == ("MESSAGE", "userbus.user.created.v1")


async def test_what_the_plug_in_refuses(stomp: Stomp) -> None:
    stomp.send("SEND", {"destination": EXCHANGE, "message-id": uuid4().hex}, "{}")
    assert await stomp.next() == ("ERROR", "'message-id' is not allowed on 'SEND'.\n")


async def test_the_plug_in_does_not_declare_a_queue_of_ours_anew(stomp: Stomp) -> None:
    stomp.send("SEND", {"destination": "/queue/userbus.user", "type": "user.create"}, "{}")
    command, text = await stomp.next()
    assert (command, text.partition(" - ")[0]) == ("ERROR", "PRECONDITION_FAILED")
