"""A RabbitMQ with the users that compose.yaml makes, and two listed services."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from access.rabbitmq_users import USERS, hash_password
from access.service_grants import ServiceIdentity
from access.service_list import add_service
from devstack.containers import ContainerServer
from devstack.ports import HOST, free_port
from devstack.rabbitmq import PLUGIN
from devstack.server_choice import ServerChoice, ServerOptions, choose_rabbitmq
from devstack.setup import MANAGEMENT, RABBITMQ, write_secrets

PASSWORD = "a password of services"
MANAGEMENT_PORT = 15672
# A service by default, one that creates users and hears of them, one that hears of everything, one
# that hears of users without personal data, and the example of notifications.
SERVICES = (
    ServiceIdentity("reader"),
    ServiceIdentity("billing", ("user.*", "health.user"), ("user.*",)),
    ServiceIdentity("watcher", ("health.user",), ("#",)),
    ServiceIdentity("statistics", ("user.get",), ("user.*",), plain=True),
    ServiceIdentity("notify", ("account.resolve",), ("user.*",)),
)


@dataclass(frozen=True)
class RestrictedBroker:
    """The URL of each user by name, the URL of the management API, the file with the list of services."""

    urls: Mapping[str, str]
    management_url: str
    services_file: Path


@contextmanager
def restricted_rabbitmq(home: Path) -> Iterator[RestrictedBroker]:
    """Run a RabbitMQ that has no other users."""
    port, management_port = free_port(), free_port()
    file = home / "services.toml"
    for service in SERVICES:
        add_service(file, replace(service, password_hash=hash_password(PASSWORD)))
    write_secrets(home / "secrets", home / "broker", file)
    choice = _choose(home, port, management_port)
    own = {name: (home / "secrets" / name / "userbus_amqp_url").read_text() for name in USERS.keys() - {"admin"}}
    urls = {name: url.replace(RABBITMQ, f"{HOST}:{port}") for name, url in own.items()}
    urls |= {each.name: f"amqp://{each.name}:{PASSWORD.replace(' ', '%20')}@{HOST}:{port}" for each in SERVICES}
    management = (home / "secrets" / "operator" / "userbus_management_url").read_text()
    with ExitStack() as stack:
        for server in (*choice.companions, choice.server):
            stack.callback(server.close)
            server.start()
        url = management.replace(MANAGEMENT, f"{HOST}:{management_port}")
        yield RestrictedBroker(urls, url, file)


def _choose(home: Path, port: int, management_port: int) -> ServerChoice:
    choice = choose_rabbitmq(ServerOptions(home, port, port, keep=False, say=lambda _: None), os.environ)
    folder = home / "broker"
    if isinstance(choice.server, ContainerServer):
        spec = choice.server.spec
        choice.server.close()
        env = {**spec.env, "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf")}
        ports = ((management_port, MANAGEMENT_PORT),)
        with_management = replace(spec, env=env, volume=(str(folder), str(folder)), more_ports=ports)
        return replace(choice, server=ContainerServer(with_management))
    listener = f"management.tcp.ip = {HOST}\nmanagement.tcp.port = {management_port}\n"
    (home / "rabbitmq" / "conf.d").mkdir()
    (home / "rabbitmq" / "conf.d" / "users.conf").write_text((folder / "rabbitmq.conf").read_text() + listener)
    (home / "rabbitmq" / "enabled_plugins").write_text(f"[rabbitmq_management,{PLUGIN}].\n")
    return choice
