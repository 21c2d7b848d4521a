"""Several addresses of one broker: worker and client leave the one that fails and go on over the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from uuid import uuid4

import pytest
from aio_pika import Message

import client as userbus
from contracts.broker_addresses import broker_addresses
from contracts.health import HealthView
from contracts.topology.declared import RELAY_EXCHANGE
from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy
from tests.support.stack import settings
from worker.app import run_worker
from worker.bus.broker_connection import connect_robust
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.relay_signal import RelaySignal
from worker.bus.tasks import keep_running
from worker.bus.topology import declare

NEVER_MISSED = "heartbeat=300"  # not while a test waits


@asynccontextmanager
async def two_ways(amqp_url: str) -> AsyncIterator[tuple[list[Proxy], str]]:
    """Two addresses of one broker, and a setting that names addresses that are wrong as well."""
    user, _, place = amqp_url.rpartition("@")
    wrong = f"{user.rpartition(':')[0]}:wrong@{place}"
    async with proxy(amqp_url) as (one, one_url), proxy(amqp_url) as (other, other_url):
        yield (
            [one, other],
            ",".join([f"amqp://127.0.0.1:{free_port()}", one_url, "amqp://no.such.host", other_url, wrong]),
        )


async def leave_used(ways: list[Proxy]) -> None:
    """Cut the way that is in use and heal the other."""
    used, other = sorted(ways, key=lambda way: len(way.links), reverse=True)
    assert used.links
    other.heal()
    used.cut()


async def wait_done(caller: Client) -> None:
    """Wait until a worker answers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await caller.call("health.user", {}, seconds=1.0)
                return
            except TimeoutError:
                continue


async def test_a_worker_goes_on_over_another_address(apart: RunningServers, caplog: pytest.LogCaptureFixture) -> None:
    async with (
        Client(apart.amqp_url) as caller,
        two_ways(apart.amqp_url) as (ways, urls),
        run_worker(settings(apart, amqp_url=urls)),
    ):
        for _ in range(3):
            await wait_done(caller)
            await leave_used(ways)
        await wait_done(caller)
    assert "broker address amqp://" in caplog.text
    assert ":wrong" not in caplog.text


async def test_a_client_goes_on_over_another_address(apart: RunningServers) -> None:
    async with (
        run_worker(settings(apart)),
        two_ways(apart.amqp_url) as (ways, urls),
        userbus.connect(urls, app_id="test", timeout=PATIENCE) as bus,
    ):
        assert bus.state == "up"
        for _ in range(3):
            assert isinstance(await bus.check_health("user"), HealthView)
            await leave_used(ways)
        assert isinstance(await bus.check_health("user"), HealthView)


async def silence_used(ways: list[Proxy]) -> None:
    """Let no more come through the way that is in use."""
    used = max(ways, key=lambda way: len(way.links))
    assert used.links
    used.hold(lambda _: True)


async def test_a_worker_leaves_a_node_that_stands_still(apart: RunningServers) -> None:
    async with (
        Client(apart.amqp_url) as caller,
        two_ways(f"{apart.amqp_url}?{NEVER_MISSED}") as (ways, urls),
        run_worker(settings(apart, amqp_url=urls)),
    ):
        await wait_done(caller)
        await silence_used(ways)
        await wait_done(caller)


async def test_a_relay_publishes_while_the_node_that_it_has_left_holds_its_queue(apart: RunningServers) -> None:
    await declare(apart.amqp_url, 100_000, 7)
    async with (
        two_ways(f"{apart.amqp_url}?{NEVER_MISSED}") as (ways, urls),
        Publisher(urls, "test", confirms=True) as publisher,
        AsyncExitStack() as stack,
    ):
        for way in ways:
            way.lingers = True
        signal = RelaySignal(publisher)
        keep_running(stack, signal.follow)
        signal.set_addressed(True)
        await wait_published(publisher)
        await silence_used(ways)
        with pytest.raises(PublishFailed):
            await publisher.publish(RELAY_EXCHANGE, "", Message(b""), seconds=0.1)
        await wait_published(publisher)


async def wait_published(publisher: Publisher) -> None:
    """Wait until a signal is sent and taken."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(PublishFailed):
                return await publisher.publish(RELAY_EXCHANGE, "", Message(b""), seconds=1.0)
            await asyncio.sleep(0.1)


async def test_a_client_leaves_a_node_that_stands_still(apart: RunningServers) -> None:
    async with (
        run_worker(settings(apart)),
        two_ways(f"{apart.amqp_url}?{NEVER_MISSED}") as (ways, urls),
        userbus.connect(urls, app_id="test", timeout=PATIENCE) as bus,
    ):
        assert isinstance(await bus.check_health("user"), HealthView)
        await silence_used(ways)
        assert isinstance(await bus.check_health("user"), HealthView)


async def test_an_address_that_never_answers_is_left(apart: RunningServers) -> None:
    async with proxy(apart.amqp_url) as (silent, silent_url), proxy(apart.amqp_url) as (_, good_url):
        silent.hold(lambda _: True)
        urls = f"{silent_url},{good_url}"
        addresses = broker_addresses(urls)
        addresses.give_up(good_url, "the test begins at the other")
        async with Publisher(urls, "test", confirms=True) as publisher:
            assert await publisher.inspect_queue("none") == (0, 0)
        assert addresses.current == good_url
        assert silent.links == set()


async def test_a_queue_that_is_away_is_no_reason_to_leave_an_address(
    apart: RunningServers, caplog: pytest.LogCaptureFixture
) -> None:
    """As of queries, while its node is down: the other connections of the process would try other nodes in vain."""
    away = f"away.{uuid4().hex}"
    async with (
        Client(apart.amqp_url) as other,
        proxy(apart.amqp_url) as (lost, lost_url),
        proxy(apart.amqp_url) as (_, good_url),
    ):
        urls = f"{lost_url},{good_url}"
        broker_addresses(urls).give_up(good_url, "the test begins at the other")
        await other.channel.declare_queue(away, durable=True)
        async with await connect_robust(urls, "test") as connection:
            await (await connection.channel()).get_queue(away)
            await other.channel.queue_delete(away)
            lost.cut()
            async with asyncio.timeout(PATIENCE):
                while caplog.text.count("NOT_FOUND") < 3:
                    await asyncio.sleep(0.05)
            assert broker_addresses(urls).current == good_url
            await other.channel.declare_queue(away, durable=True, auto_delete=False)
            async with asyncio.timeout(PATIENCE):
                await connection.ready()
            await other.channel.queue_delete(away)
