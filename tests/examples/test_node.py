"""examples/node with a worker, RabbitMQ and MongoDB: `make examples`."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aio_pika import Message

from tests.examples.program import Program
from tests.support.client import Client
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.scripted_worker import USER, ScriptedWorker, done_reply, failed_reply
from tests.support.stack import Stack

INSTALLED = os.environ.get("EXAMPLES_INSTALLED")
pytestmark = pytest.mark.skipif(INSTALLED is None, reason="needs packages from npm: make examples")

KINDS = {
    "invalid": 400, "unauthenticated": 401, "denied": 403, "not_found": 404, "conflict": 409, "throttled": 429,
    "unavailable": 503, "internal": 502,
}  # fmt: skip
NOBODY = done_reply({"items": [], "total": None, "page": 1, "size": 1000, "next": None})


def node_program(amqp_url: str, log: Path, **env: str) -> Program:
    settings = {"USERBUS_AMQP_URL": amqp_url, "DESK_PORT": "0", **env}
    return Program(["node", str(Path(INSTALLED or "").resolve() / "node/dist/main.js")], "node", settings, log)


def desk_client(desk: Program) -> httpx.AsyncClient:
    """A client of the service, at the port that it says."""
    found = re.search(r"http://\S+", desk.said())
    assert found is not None
    return http_client(found[0])


async def get(http: httpx.AsyncClient, user_id: int, status: int) -> httpx.Response:
    """The user, as soon as it is answered with this status."""
    async with asyncio.timeout(PATIENCE):
        while (response := await http.get(f"/users/{user_id}")).status_code != status:
            await asyncio.sleep(0.05)
    return response


async def post(http: httpx.AsyncClient, body: object, key: str) -> httpx.Response:
    return await http.post("/users", json=body, headers={"Idempotency-Key": key})


async def test_users_are_created_once_and_known_by_events(stack: Stack, client: Client, tmp_path: Path) -> None:
    before = await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"})
    async with (
        proxy(stack.amqp_url) as (link, url),
        node_program(url, tmp_path / "log") as desk,
    ):
        await desk.start("users known")
        async with desk_client(desk) as http:
            assert (await get(http, before["id"], 200)).json()["username"] == before["username"]
            body, key = {"username": f"user_{uuid4().hex[:8]}"}, uuid4().hex
            made, again = await post(http, body, key), await post(http, body, key)
            assert (made.status_code, again.status_code, made.json()) == (201, 201, again.json())
            taken = await post(http, body, uuid4().hex)
            assert (taken.status_code, taken.json()["code"]) == (409, "user.username_taken")
            await get(http, made.json()["id"], 200)
            link.cut()
            await client.done("user.delete", {"id": before["id"]})
            link.heal()
            await get(http, before["id"], 404)
            assert (await get(http, made.json()["id"], 200)).json() == made.json()
        assert await desk.stop() == 0


async def test_a_repeat_and_what_is_no_event_change_nothing(stack: Stack, client: Client, tmp_path: Path) -> None:
    events = await client.events("user.created", "user.updated")
    async with node_program(stack.amqp_url, tmp_path / "log") as desk:
        await desk.start("users known")
        user = await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"})
        renamed = await client.done("user.update", {"id": user["id"], "name": "Ada"})
        subject = f"user/{user['id']}"
        created, _ = await events.about(subject, 2)
        await desk.wait_said(f"userbus.user.updated.v1 of {subject}: taken")
        exchange = await client.channel.get_exchange("userbus.events", ensure=False)
        for sent in (json.dumps(created).encode(), b"{"):
            await exchange.publish(Message(sent), "user.repeated")
        await desk.wait_said(f"userbus.user.created.v1 of {subject}: a repeat")
        await desk.wait_said("no event of userbus")
        async with desk_client(desk) as http:
            assert (await get(http, user["id"], 200)).json()["name"] == renamed["name"] == "Ada"


@pytest.fixture
async def desk(broker_url: str, worker: ScriptedWorker, tmp_path: Path) -> AsyncIterator[Program]:
    worker.set_reply("user.search", NOBODY)
    times = {"DESK_ATTEMPT_MS": "300", "DESK_TOTAL_MS": "1500"}
    async with node_program(broker_url, tmp_path / "log", **times) as up:
        await up.start("users known")
        yield up


async def test_each_kind_of_problem_has_its_status(desk: Program, worker: ScriptedWorker) -> None:
    async with desk_client(desk) as http:
        for kind, status in KINDS.items():
            worker.set_reply("user.create", failed_reply(f"some.{kind}", kind, {"retry_after": 7}))
            response = await post(http, {}, kind)
            assert (response.status_code, response.json()["code"]) == (status, f"some.{kind}")
            assert response.headers.get("Retry-After") == ("7" if status in (429, 503) else None)


async def test_silence_is_asked_again_under_the_callers_key(desk: Program, worker: ScriptedWorker) -> None:
    replies = iter([None, failed_reply("some.unavailable", "unavailable"), done_reply(USER)])
    worker.script["user.create"] = lambda _body: next(replies)
    async with desk_client(desk) as http:
        assert (await post(http, {"username": "ada"}, "k1")).json()["username"] == USER["username"]
        asked = [message for message in worker.requests if message.routing_key == "user.create"]
        assert [message.message_id for message in asked] == ["desk-k1"] * 3
        worker.set_reply("user.create", None)
        unanswered = await post(http, {"username": "ada"}, "k2")
        assert (unanswered.status_code, unanswered.json()["code"]) == (503, "desk.no_answer")
        assert (await http.post("/users", json={})).status_code == 400
