"""examples/java with a worker, RabbitMQ and MongoDB: `make examples`."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.examples.own_queues import OwnQueues, make_event, own_queues
from tests.examples.program import Program
from tests.support.client import Client
from tests.support.proxy import proxy
from tests.support.scripted_worker import ScriptedWorker, done_reply, failed_reply, wait_until
from tests.support.source import ROOT
from tests.support.stack import Stack

JARS = [Path("/usr/share/java") / f"{name}.jar" for name in ("amqp-client", "gson", "slf4j-api")]
HAS_CLIENT = shutil.which("javac") is not None and all(jar.is_file() for jar in JARS)
pytestmark = [
    pytest.mark.skipif("EXAMPLES_INSTALLED" not in os.environ, reason="is not in Python: make examples"),
    pytest.mark.skipif(
        not HAS_CLIENT, reason="needs Java's client: apt-get install librabbitmq-client-java libgoogle-gson-java"
    ),
]
EVENT = "user.disabled"
READY = "waiting for events"


@pytest.fixture(scope="session")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled program with what it needs."""
    classes = tmp_path_factory.mktemp("classes")
    path = os.pathsep.join(map(str, [*JARS, classes]))
    sources = sorted((ROOT / "examples/java").glob("*.java"))
    subprocess.run(["javac", "-Xlint:all", "-Werror", "-cp", path, "-d", classes, *sources], check=True)
    return path


def leavers(amqp_url: str, classpath: str, tmp_path: Path) -> Program:
    env = {"USERBUS_AMQP_URL": amqp_url, "LEAVERS_ANSWER_SECONDS": "1"}
    return Program(["java", "-cp", classpath, "Leavers"], "java", env, tmp_path / "log")


async def create_groups(client: Client) -> list[int]:
    app = await client.done("app.create", {"code": uuid4().hex[:8], "name": "App"})
    made = [
        await client.done("group.create", {"app_id": app["id"], "code": uuid4().hex[:8], "name": "Group"})
        for _ in range(2)
    ]
    return [group["id"] for group in made]


async def groups_of(client: Client, user_id: int) -> list[int]:
    return [group["id"] for group in (await client.done("group.of_user", {"user_id": user_id}))["items"]]


async def test_who_is_disabled_leaves_all_groups_once_whatever_comes_again(
    stack: Stack, client: Client, tmp_path: Path, classpath: str
) -> None:
    ids = await create_groups(client)
    async with (
        own_queues(stack.amqp_url, "leavers") as queues,
        proxy(stack.amqp_url) as (link, url),
        leavers(url, classpath, tmp_path) as program,
    ):
        await program.start(READY)
        events = await client.events(EVENT, "group.left")
        user = await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}", "group_ids": ids})
        await client.done("user.disable", {"id": user["id"]})
        disabled, left = await events.about(f"user/{user['id']}", 2)
        assert left["data"]["ids"] == ids
        await program.wait_said(f"user {user['id']} left the groups")
        await client.done("group.join", {"user_id": user["id"], "group_ids": ids})
        link.cut()
        link.heal()
        await program.wait_said("connecting again")
        begun = len(program.said())
        await queues.give(json.dumps(disabled).encode())
        await program.wait_said(f"user {user['id']} left the groups", begun)
        assert await groups_of(client, user["id"]) == ids
        assert await program.stop() == 0
        await queues.wait_empty()


async def test_a_user_who_is_gone_needs_nothing_and_what_is_no_event_is_a_dead_letter(
    stack: Stack, tmp_path: Path, classpath: str
) -> None:
    async with (
        own_queues(stack.amqp_url, "leavers") as queues,
        leavers(stack.amqp_url, classpath, tmp_path) as program,
    ):
        await program.start(READY)
        await queues.give(make_event(EVENT, 9_007_199_254_740_991)[1])
        await program.wait_said("user 9007199254740991 is gone")
        await queues.require_dead_letters_of_no_events()
        assert await program.stop() == 0
        await queues.wait_empty()


@pytest.fixture
async def queues(broker_url: str, tmp_path: Path, classpath: str) -> AsyncIterator[OwnQueues]:
    async with own_queues(broker_url, "leavers") as up, leavers(broker_url, classpath, tmp_path) as program:
        await program.start(READY)
        yield up


async def test_what_sending_again_cannot_help_is_a_dead_letter(worker: ScriptedWorker, queues: OwnQueues) -> None:
    await queues.require_dead_letters_of_refusals(worker, "group.leave", EVENT)


async def test_silence_and_what_may_be_done_later_are_sent_again_under_the_events_id(
    worker: ScriptedWorker, queues: OwnQueues, tmp_path: Path
) -> None:
    throttled = failed_reply("some.throttled", "throttled", {"retry_after": 0.3})
    replies = iter([failed_reply("some.unavailable", "unavailable"), throttled, None, done_reply({"ids": [3]})])
    worker.script["group.leave"] = lambda _body: next(replies)
    event_id, body = make_event(EVENT)
    await queues.give(body)
    await wait_until(lambda: "user 42 left the groups [3]" in (tmp_path / "log").read_text())
    assert [message.message_id for message in worker.requests] == [f"leavers-{event_id}"] * 4
    assert worker.bodies() == [{"user_id": 42}] * 4


def test_without_an_address_it_says_what_is_missing(classpath: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "USERBUS_AMQP_URL"}
    ended = subprocess.run(["java", "-cp", classpath, "Leavers"], env=env, capture_output=True, text=True, check=False)
    assert (ended.returncode, "Set USERBUS_AMQP_URL" in ended.stderr) == (1, True)
