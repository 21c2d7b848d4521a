"""RabbitMQ and MongoDB for a block of code: given URLs, else containers, else local binaries."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devstack.plans import StackWish, plan_mongo, plan_rabbitmq
from devstack.ports import free_port
from devstack.server import StackServer


@dataclass(frozen=True)
class RunningServers:
    """Both servers and their addresses: an AMQP URL with user and password, a MongoDB URL with the database."""

    amqp_url: str = field(repr=False)
    mongo_url: str
    rabbitmq: StackServer
    mongo: StackServer


@contextmanager
def servers(
    home: Path,
    *,
    amqp_port: int | None = None,
    mongo_port: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    keep: bool = False,
) -> Iterator[RunningServers]:
    """Run RabbitMQ and a one-node MongoDB replica set until the block ends, with files, logs and secrets in `home`.

    USERBUS_AMQP_URL and USERBUS_MONGO_URL name servers to use as they are. Otherwise Docker is used where it answers,
    then local binaries, installed where they are missing; USERBUS_DEVSTACK=docker or local forces one way. Without a
    port a free one is taken. `say` gets one line for each step that takes long. `keep` leaves the volumes of containers
    in place. Raises StackError, saying what to do, when a server cannot be had or started; nothing is left running.
    """
    wish = StackWish(home.resolve(), amqp_port or free_port(), mongo_port or free_port(), keep, say)
    rabbitmq, mongo = plan_rabbitmq(wish, os.environ), plan_mongo(wish, os.environ)
    with ExitStack() as stack:
        for server in (*rabbitmq.companions, mongo.server, rabbitmq.server):
            stack.callback(server.close)
            server.launch()
        for server in (mongo.server, rabbitmq.server):
            say(f"Waiting for {server.name}")
            server.wait()
        yield RunningServers(rabbitmq.url, mongo.url, rabbitmq.server, mongo.server)
