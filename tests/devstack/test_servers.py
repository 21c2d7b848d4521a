"""Real servers, stopped, killed and started again."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from pamqp.common import FieldTable
from pymongo import MongoClient

from devstack.errors import StackError
from devstack.mongodb import ensure_mongod, local_mongod, mongo_url
from devstack.plans import StackWish, plan_mongo, plan_rabbitmq
from devstack.ports import free_port
from devstack.server import StackServer
from devstack.servers import RunningServers

QUEUE = "devstack.survivors"
QUORUM: FieldTable = {"x-queue-type": "quorum"}


def restart(server: StackServer) -> None:
    server.restart()


def kill_and_start(server: StackServer) -> None:
    server.kill()
    assert server.fault() is not None
    server.start()


async def publish(url: str) -> int:
    """Add one durable message and give the number that the queue now has."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(QUEUE, durable=True, arguments=QUORUM)
        message = aio_pika.Message(b"x", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, QUEUE)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments=QUORUM)
        return queue.declaration_result.message_count or 0


def insert(url: str) -> int:
    """Add one document in a transaction and give the number that the collection now has."""
    with MongoClient[dict[str, Any]](url) as client:
        collection = client.get_default_database().survivors
        with client.start_session() as session, session.start_transaction():
            collection.insert_one({}, session=session)
        return collection.count_documents({})


async def test_rabbitmq_keeps_confirmed_messages(running: RunningServers) -> None:
    before = await publish(running.amqp_url)
    # In this order: for about a second after its declaration, RabbitMQ 3.10 loses a quorum queue to a kill.
    for count, interrupt in enumerate((restart, kill_and_start), start=1):
        pid = running.rabbitmq.pid
        interrupt(running.rabbitmq)
        assert running.rabbitmq.pid != pid
        assert running.rabbitmq.fault() is None
        assert await publish(running.amqp_url) == before + count


@pytest.mark.parametrize("interrupt", [restart, kill_and_start])
def test_mongodb_keeps_committed_transactions(
    running: RunningServers, interrupt: Callable[[StackServer], None]
) -> None:
    before, pid = insert(running.mongo_url), running.mongo.pid
    interrupt(running.mongo)
    assert running.mongo.pid != pid
    assert insert(running.mongo_url) == before + 1


def test_mongodb_comes_up_with_its_old_files_on_another_port(tmp_path: Path) -> None:
    mongod = ensure_mongod(lambda _: None)
    counts = []
    for port in (free_port(), free_port()):
        server = local_mongod(mongod, tmp_path, port)
        server.start()
        counts.append(insert(mongo_url(port)))
        server.close()
    assert counts == [1, 2]


def wish(home: Path) -> StackWish:
    return StackWish(home, free_port(), free_port(), keep=False, say=lambda _: None)


def test_given_servers_are_used_and_never_touched(running: RunningServers, tmp_path: Path) -> None:
    urls = {"USERBUS_AMQP_URL": running.amqp_url, "USERBUS_MONGO_URL": running.mongo_url}
    for plan in (plan_rabbitmq(wish(tmp_path), urls), plan_mongo(wish(tmp_path), urls)):
        assert plan.url in urls.values()
        assert not plan.server.ours
        plan.server.start()
        plan.server.close()
        with pytest.raises(StackError, match="not ours to stop"):
            plan.server.stop()
    assert running.rabbitmq.fault() is None
    assert running.mongo.fault() is None


@pytest.mark.parametrize(
    ("plan", "setting", "scheme"),
    [(plan_rabbitmq, "USERBUS_AMQP_URL", "amqp"), (plan_mongo, "USERBUS_MONGO_URL", "mongodb")],
)
def test_a_given_server_that_does_not_answer_is_named_without_its_password(
    plan: Callable[..., Any], setting: str, scheme: str, tmp_path: Path
) -> None:
    server = plan(wish(tmp_path), {setting: f"{scheme}://me:secret@127.0.0.1:{free_port()}/"}).server
    server.limit = 0.1
    with pytest.raises(StackError, match=f"{setting} names .* at 127.0.0.1") as caught:
        server.start()
    assert "secret" not in str(caught.value)


def test_a_taken_port_is_refused_before_anything_starts(running: RunningServers, tmp_path: Path) -> None:
    port = int(running.amqp_url.rpartition(":")[2].strip("/"))
    with pytest.raises(StackError, match=rf"Port {port}, wanted for RabbitMQ, is taken .* USERBUS_AMQP_URL=<url>"):
        plan_rabbitmq(StackWish(tmp_path, port, port, keep=False, say=lambda _: None), {})
    assert os.listdir(tmp_path) == []


def test_an_unknown_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="USERBUS_DEVSTACK is 'podman', but must be one of docker, local"):
        plan_mongo(wish(tmp_path), {"USERBUS_DEVSTACK": "podman"})
