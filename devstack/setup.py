"""The one-shot setup of compose.yaml: the replica set, the secrets, and both servers' users. Idempotent.

It runs in the network of the container `mongo`, since MongoDB accepts its first user only from its own host.
"""

import json
import sys
import time
from pathlib import Path

from pymongo.errors import PyMongoError

from access.rabbitmq_users import USERS, definitions
from access.service_grants import ServiceInvalid
from access.service_list import read_services
from devstack.errors import StackError
from devstack.keys import ensure_secret, random_key, random_password
from devstack.mongo_users import ADMIN, DATABASE, WORKER, ensure_users
from devstack.mongodb import SET, is_primary
from devstack.ports import HOST
from devstack.rabbitmq import MAX_MESSAGE, PLUGIN

MONGO = ("mongo", 27017)
RABBITMQ = "rabbitmq:5672"
MANAGEMENT = "rabbitmq:15672"
SERVICES = Path("/services/services.toml")
LIMIT = 60.0


def main() -> int:
    """Set up what the volumes lack and wait for the primary; the exit status."""
    name, port = MONGO
    deadline = time.monotonic() + LIMIT
    try:
        logins = write_secrets(Path("/secrets"), Path("/broker"), SERVICES)
        while not (is_primary(HOST, port, name) and _try_ensure_users(port, *logins)):
            if time.monotonic() > deadline:
                raise StackError(f"{name}:{port} did not become primary of its replica set within {LIMIT:.0f} s")
            time.sleep(0.2)  # a member does not announce that it becomes primary
    except (StackError, ServiceInvalid) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _try_ensure_users(port: int, admin: str, worker: str) -> bool:
    try:
        ensure_users(port, admin, worker)
    except PyMongoError as error:  # the primary may have changed since it was checked
        print(f"MongoDB's users could not be created yet: {error}", file=sys.stderr)
        return False
    return True


def write_secrets(folder: Path, broker: Path, services: Path) -> tuple[str, str]:
    """Generate the secrets that are missing, and write the broker's configuration for the list of services.

    Each program's RabbitMQ user has its URL in a folder of its name; the worker's folder also holds its keys and its
    MongoDB URL, the operator's that of the management API, whose user is `admin`; the MongoDB administrator's URL is in
    `admin`. Returns the MongoDB passwords of the administrator and of the worker. Raises `ServiceInvalid`.
    """
    ensure_secret(folder / "worker" / "userbus_secret_key", random_key)
    ensure_secret(folder / "worker" / "userbus_encryption_key", random_key)
    clients = USERS.keys() - {"admin"}
    passwords = {n: _password(folder / n / "userbus_amqp_url", f"amqp://{n}:%s@{RABBITMQ}") for n in sorted(clients)}
    management = folder / "operator" / "userbus_management_url"
    passwords["admin"] = _password(management, f"http://admin:%s@{MANAGEMENT}")
    broker.mkdir(parents=True, exist_ok=True)
    made = definitions(passwords, read_services(services).values())
    (broker / "definitions.json").write_text(json.dumps(made, indent=2))
    (broker / "enabled_plugins").write_text(f"[rabbitmq_management,rabbitmq_prometheus,{PLUGIN}].\n")
    limit = f"max_message_size = {MAX_MESSAGE}\n"
    (broker / "rabbitmq.conf").write_text(f"load_definitions = {broker / 'definitions.json'}\n{limit}")
    server = f"{MONGO[0]}:{MONGO[1]}"
    return (
        _password(folder / "admin" / "mongo_url", f"mongodb://{ADMIN}:%s@{server}/?replicaSet={SET}"),
        _password(
            folder / "worker" / "userbus_mongo_url", f"mongodb://{WORKER}:%s@{server}/{DATABASE}?replicaSet={SET}"
        ),
    )


def _password(file: Path, url: str) -> str:
    """The password in the URL that the file holds; a new one replaces %s in `url`."""
    known = ensure_secret(file, lambda: url % random_password())
    return known.partition("@")[0].rpartition(":")[2]


if __name__ == "__main__":
    sys.exit(main())
