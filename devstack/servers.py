"""RabbitMQ and MongoDB for a block of code: external servers, else containers, else local binaries."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from devstack.certificates import server_tls
from devstack.ports import free_port
from devstack.server import StackServer
from devstack.server_choice import ServerChoice, ServerOptions, choose_mongo, choose_rabbitmq
from devstack.settings import TlsMode


@dataclass(frozen=True)
class RunningServers:
    """Both servers and their URLs: AMQP with user and password, MongoDB with the database."""

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
    tls: TlsMode = "",
) -> Iterator[RunningServers]:
    """Run RabbitMQ and a one-node MongoDB replica set until the block ends, with files, logs and secrets in `home`.

    USERBUS_AMQP_URL and USERBUS_MONGO_URL name external servers. Otherwise Docker is used where it answers, then local
    binaries, installed where they are missing; USERBUS_DEVSTACK=docker or local forces one of them. Ports default to
    free ones. `say` gets one line for each slow step. `keep` keeps the volumes of containers. With `tls` the servers
    are local ones that speak nothing but TLS ("mutual": clients need a certificate too), with certificates in
    `home`/tls; the URLs name the clients' files. Raises StackError, saying what to do, when a server cannot be
    installed or started; nothing is left running.
    """
    made = server_tls(home.resolve() / "tls", tls)
    options = ServerOptions(home.resolve(), amqp_port or free_port(), mongo_port or free_port(), keep, say, made)
    rabbitmq, mongo = _choose(options)
    with ExitStack() as stack:
        for server in (*rabbitmq.companions, mongo.server, rabbitmq.server):
            stack.callback(server.close)
            server.launch()
        for server in (mongo.server, rabbitmq.server):
            say(f"Waiting for {server.name}")
            server.wait()
        yield RunningServers(rabbitmq.url, mongo.url, rabbitmq.server, mongo.server)


def install_servers(say: Callable[[str], None]) -> None:
    """Install, or pull, what `servers` would run here; raises StackError when it cannot be had."""
    with TemporaryDirectory() as home:
        _choose(ServerOptions(Path(home), free_port(), free_port(), False, say))


def _choose(options: ServerOptions) -> tuple[ServerChoice, ServerChoice]:
    return choose_rabbitmq(options, os.environ), choose_mongo(options, os.environ)
