"""`userbus service` on a real broker with its management API."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import aio_pika
import httpx
import pytest
from aiormq.exceptions import ProbableAuthenticationError

from devstack.ports import HOST
from tests.support.forked_programs import run_program
from tests.support.patience import PATIENCE
from tests.support.restricted import SERVICES, RestrictedBroker, restricted_rabbitmq


@pytest.fixture(scope="module")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestrictedBroker]:
    with restricted_rabbitmq(tmp_path_factory.mktemp("restricted")) as broker:
        yield broker


def run(broker: RestrictedBroker, *arguments: str, url: str | None = None) -> CompletedProcess[str]:
    environment = {
        "USERBUS_SERVICES_FILE": str(broker.services_file),
        "USERBUS_MANAGEMENT_URL": broker.management_url if url is None else url,
    }
    words = ["cli", "service", *arguments]
    return CompletedProcess(words, *run_program(words, {**os.environ, **environment}))


def url_of(broker: RestrictedBroker, name: str, password: str) -> str:
    return f"amqp://{name}:{password}@{HOST}:{broker.urls['worker'].rpartition(':')[2]}"


def bindings(broker: RestrictedBroker) -> list[dict[str, Any]]:
    answer = httpx.get(f"{broker.management_url}/api/bindings")
    found: list[dict[str, Any]] = answer.raise_for_status().json()
    return found


async def test_a_service_is_added_shown_and_removed_on_a_running_broker(restricted: RestrictedBroker) -> None:
    added = run(restricted, "add", "crm", "--may", "user.get,account.*", "--events", "user.*")
    assert added.returncode == 0, added.stderr
    password = added.stdout.split()[-1]
    async with await aio_pika.connect(url_of(restricted, "crm", password)) as connection:
        channel = await connection.channel()
        await channel.declare_queue("crm.events", durable=True, arguments={"x-queue-type": "quorum"})
        await channel.declare_exchange("crm.tunnel", durable=True)
    shown = run(restricted, "show", "crm").stdout.splitlines()
    assert shown == [*(f"may send\taccount.{n}" for n in ("apply", "list", "resolve")), "may send\tuser.get",
                     "receives\tuser.*"]  # fmt: skip
    assert "crm\t4 requests\tuser.*" in run(restricted, "list").stdout.splitlines()
    assert password not in restricted.services_file.read_text()
    removed = run(restricted, "remove", "crm")
    assert removed.returncode == 0, removed.stderr
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(url_of(restricted, "crm", password))
    async with await aio_pika.connect(restricted.urls["worker"]) as connection:
        channel = await connection.channel()
        with pytest.raises(aio_pika.exceptions.ChannelClosed):
            await channel.declare_queue("crm.events", passive=True)
        with pytest.raises(aio_pika.exceptions.ChannelClosed):
            await (await connection.channel()).get_exchange("crm.tunnel", ensure=True)


async def test_a_removed_service_loses_its_connections(restricted: RestrictedBroker) -> None:
    password = run(restricted, "add", "crm").stdout.split()[-1]
    async with await aio_pika.connect(url_of(restricted, "crm", password)) as connection:
        lost = asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        assert (await asyncio.to_thread(run, restricted, "remove", "crm")).returncode == 0
        await asyncio.wait_for(lost.wait(), PATIENCE)


async def test_what_is_taken_out_of_the_list_is_heard_no_more(restricted: RestrictedBroker) -> None:
    """RabbitMQ asks for the right to an event when a queue is bound, and never again."""
    password = run(restricted, "add", "crm", "--events", "#").stdout.split()[-1]
    async with (
        await aio_pika.connect(restricted.urls["worker"]) as own,
        await aio_pika.connect(url_of(restricted, "crm", password)) as connection,
    ):
        await (await own.channel()).declare_exchange("userbus.events", "topic", durable=True)
        channel, lost = await connection.channel(), asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        queue = await channel.declare_queue("crm.events", durable=True)
        tunnel = await channel.declare_exchange("crm.tunnel", durable=True)
        for key in ("#", "user.*", "role.created", "role.*"):
            await queue.bind("userbus.events", key)
        await tunnel.bind("userbus.events", "#")
        text = restricted.services_file.read_text()
        assert text.count('events = ["#"]') > 1
        head, _, rest = text.partition("[crm]")
        restricted.services_file.write_text(head + "[crm]" + rest.replace('events = ["#"]', 'events = ["role.*"]'))
        applied = await asyncio.to_thread(run, restricted, "apply")
        assert applied.returncode == 0, applied.stderr
        await asyncio.wait_for(lost.wait(), PATIENCE)
    bound = {(row["destination"], row["routing_key"]) for row in bindings(restricted) if row["source"]}
    run(restricted, "remove", "crm")
    assert bound == {("crm.events", "role.created"), ("crm.events", "role.*")}


async def test_a_service_that_was_taken_out_of_the_file_by_hand_is_removed(restricted: RestrictedBroker) -> None:
    text = restricted.services_file.read_text()
    password = run(restricted, "add", "crm", "--events", "#").stdout.split()[-1]
    restricted.services_file.write_text(text)
    removed = run(restricted, "remove", "crm")
    assert removed.returncode == 0, removed.stderr
    assert restricted.services_file.read_text() == text
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(url_of(restricted, "crm", password))
    assert "has no service crm" in run(restricted, "remove", "crm").stderr


def test_the_list_is_applied_again(restricted: RestrictedBroker) -> None:
    assert run(restricted, "apply").stdout == f"services applied: {len(SERVICES)}\n"


def test_without_a_broker_the_file_alone_is_changed(restricted: RestrictedBroker, tmp_path: Path) -> None:
    own = RestrictedBroker(restricted.urls, "", tmp_path / "services.toml")
    added = run(own, "add", "crm")
    assert "no broker was changed" in added.stderr
    definitions = json.loads(run(own, "definitions").stdout)
    assert [user["name"] for user in definitions["users"]] == ["crm"]
    assert run(own, "list").stdout.startswith("crm\t")
    applied = run(own, "apply")
    assert (applied.returncode, applied.stdout) == (1, "")
    removed = run(own, "remove", "crm")
    assert (removed.returncode, run(own, "list").stdout) == (0, "")
    assert "rabbitmqctl delete_user crm" in removed.stderr


def test_while_the_broker_is_away_nothing_is_half_done(restricted: RestrictedBroker) -> None:
    away = f"http://admin:x@{HOST}:1"
    added = run(restricted, "add", "crm", url=away)
    assert added.returncode == 1
    assert "run `userbus service apply`" in added.stderr
    assert len(added.stdout.split()[-1]) == 48  # the password, which is shown once
    removed = run(restricted, "remove", "crm", url=away)
    assert removed.returncode == 1
    assert "crm\t" in run(restricted, "list").stdout
    assert run(restricted, "remove", "crm").returncode == 0
    assert "crm\t" not in run(restricted, "list").stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("add", "crm", "--may", "user.gte"), "user.gte"),
        (("add", "billing"), "already"),
        (("remove", "nobody"), "has no service nobody"),
        (("show", "nobody"), "has no service nobody"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_told_in_a_sentence(
    restricted: RestrictedBroker, arguments: tuple[str, ...], text: str
) -> None:
    result = run(restricted, *arguments)
    assert result.returncode == 1
    assert text in result.stderr


def test_a_broker_that_does_not_answer_is_told(restricted: RestrictedBroker) -> None:
    result = run(restricted, "apply", url=f"http://admin:x@{HOST}:1")
    assert result.returncode == 1
    assert "does not answer" in result.stderr
    wrong = run(restricted, "apply", url=restricted.management_url.replace("admin:", "admin:x"))
    assert "401" in wrong.stderr
