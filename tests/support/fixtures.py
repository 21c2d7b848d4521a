"""Real servers for the whole session, and a worker and a bridge on them: the fixtures that all tests share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devstack.servers import RunningServers, servers
from tests.support.client import Client
from tests.support.scripted_worker import ScriptedWorker, run_scripted_worker
from tests.support.stack import Stack, running_stack, without_heartbeat
from tests.support.virtual_host import prepare_second_host, second_host


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ and MongoDB for this session."""
    home: Path = tmp_path_factory.mktemp("servers")
    prepare_second_host(home)
    with servers(home) as up:
        yield up


@pytest.fixture(scope="session")
async def stack(running: RunningServers) -> AsyncIterator[Stack]:
    """A worker and a bridge in this process, on real servers, and a token that opens every dialect."""
    async with running_stack(running) as up:
        yield up


@pytest.fixture(scope="session")
def broker(running: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ, or a virtual host of it, without any worker but the scripted one."""
    if apart := second_host(running):
        yield apart
        return
    with servers(tmp_path_factory.mktemp("broker")) as up:
        yield up


@pytest.fixture(scope="session")
async def scripted_worker(broker: RunningServers) -> AsyncIterator[ScriptedWorker]:
    """The scripted worker for all tests."""
    async with run_scripted_worker(without_heartbeat(broker.amqp_url)) as up:
        yield up


@pytest.fixture
def worker(scripted_worker: ScriptedWorker) -> ScriptedWorker:
    """The scripted worker, without a script and without what it saw before."""
    scripted_worker.reset()
    return scripted_worker


@pytest.fixture(scope="session")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ and MongoDB to which nobody is connected but the test, which may stop them."""
    with servers(tmp_path_factory.mktemp("apart")) as up:
        yield up


@pytest.fixture(scope="session")
def restartable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ that a test may stop, and on which nobody serves but the test's own worker."""
    with servers(tmp_path_factory.mktemp("restartable")) as up:
        yield up


@pytest.fixture(scope="session")
async def client(stack: Stack) -> AsyncIterator[Client]:
    """A plain AMQP client, as any other service would write one."""
    async with Client(without_heartbeat(stack.amqp_url)) as up:
        yield up


@pytest.fixture
async def no_dead_letters(client: Client) -> AsyncIterator[None]:
    """No dead letters before and after the test."""
    queue = await client.channel.get_queue("userbus.dead", ensure=False)
    await queue.purge()
    yield
    await queue.purge()
