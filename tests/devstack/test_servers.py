"""Real servers, stopped, killed and started again."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import pytest
from pamqp.common import FieldTable
from pymongo import MongoClient

from devstack.errors import StackError
from devstack.mongodb import ensure_mongod, local_mongod, mongo_url
from devstack.ports import HOST, free_port
from devstack.server import StackServer
from devstack.server_choice import ServerChoice, ServerOptions, choose_mongo, choose_rabbitmq
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
    """Add one durable message; how many the queue now has."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(QUEUE, durable=True, arguments=QUORUM)
        message = aio_pika.Message(b"x", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, QUEUE)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments=QUORUM)
        return queue.declaration_result.message_count or 0


def insert(url: str) -> int:
    """Add one document in a transaction; how many the collection now has."""
    with MongoClient[dict[str, Any]](url) as client:
        collection = client.get_default_database().survivors
        with client.start_session() as session, session.start_transaction():
            collection.insert_one({}, session=session)
        return collection.count_documents({})


def test_the_url_of_rabbitmq_has_no_path(running: RunningServers) -> None:
    # the clients of Java and Ruby, and librabbitmq, read "/" as the virtual host "" and are refused
    assert urlsplit(running.amqp_url).path == ""


def test_a_broker_that_refuses_the_user_is_told_at_once_with_its_reason(
    running: RunningServers, tmp_path: Path
) -> None:
    place = urlsplit(running.amqp_url).netloc.rpartition("@")[2]
    options = ServerOptions(tmp_path, 1, 1, False, lambda _: None)
    choice = choose_rabbitmq(options, {"USERBUS_AMQP_URL": f"amqp://userbus:pencil@{place}"})
    with pytest.raises(StackError, match=f"USERBUS_AMQP_URL names RabbitMQ at {place}, which .*ACCESS_REFUSED") as told:
        choice.server.wait()
    assert "pencil" not in str(told.value)


def test_a_virtual_host_that_the_broker_refuses_is_told(running: RunningServers, tmp_path: Path) -> None:
    options = ServerOptions(tmp_path, 1, 1, False, lambda _: None)
    choice = choose_rabbitmq(options, {"USERBUS_AMQP_URL": f"{running.amqp_url}/nowhere"})
    with pytest.raises(StackError, match="its virtual host does not exist"):
        choice.server.wait()


def test_a_database_that_refuses_the_user_is_told_at_once_with_its_reason(
    running: RunningServers, tmp_path: Path
) -> None:
    url = running.mongo_url.replace("mongodb://", "mongodb://nobody:pencil@")
    options = ServerOptions(tmp_path, 1, 1, False, lambda _: None)
    choice = choose_mongo(options, {"USERBUS_MONGO_URL": url})
    with pytest.raises(StackError, match="which refuses it: Authentication failed") as told:
        choice.server.wait()
    assert "pencil" not in str(told.value)


@pytest.mark.parametrize("choose", [choose_rabbitmq, choose_mongo])
def test_a_taken_port_of_either_server_is_told_before_one_is_installed(
    choose: Callable[[ServerOptions, dict[str, str]], ServerChoice], tmp_path: Path
) -> None:
    with socket.create_server((HOST, 0)) as taken:
        options = ServerOptions(tmp_path, free_port(), taken.getsockname()[1], False, lambda _: None)
        with pytest.raises(StackError, match="wanted for MongoDB, is taken"):
            choose(options, {"USERBUS_DEVSTACK": "local"})


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


def options(home: Path) -> ServerOptions:
    return ServerOptions(home, free_port(), free_port(), keep=False, say=lambda _: None)


def test_external_servers_are_used_and_never_stopped(running: RunningServers, tmp_path: Path) -> None:
    urls = {"USERBUS_AMQP_URL": running.amqp_url, "USERBUS_MONGO_URL": running.mongo_url}
    for choice in (choose_rabbitmq(options(tmp_path), urls), choose_mongo(options(tmp_path), urls)):
        assert choice.url in urls.values()
        assert not choice.server.is_managed
        choice.server.start()
        choice.server.close()
        with pytest.raises(StackError, match="neither stops nor watches"):
            choice.server.stop()
    assert running.rabbitmq.fault() is None
    assert running.mongo.fault() is None


@pytest.mark.parametrize(
    ("choose", "setting", "scheme"),
    [(choose_rabbitmq, "USERBUS_AMQP_URL", "amqp"), (choose_mongo, "USERBUS_MONGO_URL", "mongodb")],
)
def test_an_external_server_that_does_not_answer_is_named_without_its_password(
    choose: Callable[..., Any], setting: str, scheme: str, tmp_path: Path
) -> None:
    server = choose(options(tmp_path), {setting: f"{scheme}://me:secret@127.0.0.1:{free_port()}/"}).server
    server.limit = 0.1
    with pytest.raises(StackError, match=f"{setting} names .* at 127.0.0.1") as caught:
        server.start()
    assert "secret" not in str(caught.value)


def test_a_taken_port_is_refused_before_anything_starts(running: RunningServers, tmp_path: Path) -> None:
    port = int(running.amqp_url.rpartition(":")[2].strip("/"))
    with pytest.raises(StackError, match=rf"Port {port}, wanted for RabbitMQ, is taken .* USERBUS_AMQP_URL=<url>"):
        choose_rabbitmq(ServerOptions(tmp_path, port, port, keep=False, say=lambda _: None), {})
    assert os.listdir(tmp_path) == []


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="USERBUS_DEVSTACK is 'podman', but must be one of docker, local"):
        choose_mongo(options(tmp_path), {"USERBUS_DEVSTACK": "podman"})
