"""RabbitMQ without MongoDB and without a worker, with the exchange of events, and events as a worker publishes them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aio_pika
import pytest

from contracts.catalog import EVENTS_EXCHANGE
from contracts.user_views import UserErased
from devstack.ports import free_port
from devstack.server_choice import ServerOptions, choose_rabbitmq
from handlers.cloudevents import cloud_event
from models.store.journal import CommandContext
from models.unit_of_work import Emitted
from worker.bus.event_messages import event_message


@contextmanager
def rabbitmq_alone(home: Path, plugins: str | None = None) -> Iterator[str]:
    """The URL of a RabbitMQ until the block ends; `plugins`, where it is local, are those that it has."""
    choice = choose_rabbitmq(ServerOptions(home, port := free_port(), port, False, lambda _: None), os.environ)
    with ExitStack() as stack:
        for server in (*choice.companions, choice.server):
            stack.callback(server.close)
        if plugins is not None:
            file = home / "rabbitmq" / "enabled_plugins"
            if not file.exists():
                pytest.skip("needs a local RabbitMQ, whose plugins are the test's")
            file.write_text(plugins)
        for server in (*choice.companions, choice.server):
            server.start()
        yield choice.url


async def publish_events(url: str, users: Iterable[int], sequences: Iterable[int]) -> None:
    """Publish one event of each user for each sequence, in turns; returns when the broker has them all."""
    context = CommandContext("user.create", "m", "digest")
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        await channel.declare_exchange(EVENTS_EXCHANGE, "topic", durable=True)
        raw = await channel.get_underlay_channel()
        for sequence in sequences:
            for user in users:
                event = cloud_event(Emitted("user.erased", f"user/{user}", sequence, UserErased(id=user)), context)
                sent = event_message(event, {})
                await raw.basic_publish(
                    sent.body, exchange=sent.exchange, routing_key=sent.key, properties=sent.properties
                )
        await channel.declare_queue(exclusive=True)  # is answered after all of it
