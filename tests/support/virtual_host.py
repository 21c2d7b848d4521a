"""A second virtual host of a local RabbitMQ: another server takes 8 CPU seconds to start, and has a MongoDB."""

import json
from dataclasses import replace
from pathlib import Path

from devstack.keys import ensure_secret, random_password
from devstack.local import LocalServer
from devstack.rabbitmq import USER
from devstack.servers import RunningServers

SECOND = "second"


def prepare_second_host(home: Path) -> None:
    """Have a local RabbitMQ that will run in this folder begin with both virtual hosts."""
    password = ensure_secret(home / "secrets" / "rabbitmq_password", random_password)
    hosts, everything = ("/", SECOND), {"configure": ".*", "write": ".*", "read": ".*"}
    begun_with = {
        "users": [{"name": USER, "password": password, "tags": "administrator"}],
        "vhosts": [{"name": host} for host in hosts],
        "permissions": [{"user": USER, "vhost": host, **everything} for host in hosts],
    }
    definitions, conf = home / "rabbitmq" / "definitions.json", home / "rabbitmq" / "conf.d" / "definitions.conf"
    conf.parent.mkdir(parents=True)
    definitions.touch(mode=0o600)
    definitions.write_text(json.dumps(begun_with))
    conf.write_text(f"load_definitions = {definitions}\n")


def second_host(running: RunningServers) -> RunningServers | None:
    """The same servers with the second virtual host in the URL; None where RabbitMQ is not local and has none."""
    if not isinstance(running.rabbitmq, LocalServer):
        return None
    return replace(running, amqp_url=f"{running.amqp_url}/{SECOND}")
