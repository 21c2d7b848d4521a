"""The one-shot setup of compose.yaml: the replica set, the secrets, and both servers' users. Harmless to repeat.

It runs in the network of the container `mongo`, since MongoDB takes its first user from its own host alone.
"""

import json
import sys
import time
from pathlib import Path

from pymongo.errors import PyMongoError

from devstack.broker import USERS, definitions
from devstack.errors import StackError
from devstack.keys import random_key, random_password, secret
from devstack.mongo_users import ADMIN, DATABASE, WORKER, ensure_users
from devstack.mongodb import SET, is_primary
from devstack.ports import HOST

MONGO = ("mongo", 27017)
RABBITMQ = "rabbitmq:5672"
LIMIT = 60.0


def main() -> int:
    """Set up what the volumes lack, wait for the primary, and give the exit status."""
    name, port = MONGO
    logins = write_secrets(Path("/secrets"), Path("/broker"))
    deadline = time.monotonic() + LIMIT
    try:
        while not (is_primary(HOST, port, name) and _ensured(port, *logins)):
            if time.monotonic() > deadline:
                raise StackError(f"{name}:{port} did not become primary of its replica set within {LIMIT:.0f} s")
            time.sleep(0.2)  # a member does not tell when it becomes primary
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _ensured(port: int, admin: str, worker: str) -> bool:
    try:
        ensure_users(port, admin, worker)
    except PyMongoError as error:  # a primary of a moment ago may be none any more
        print(f"MongoDB's users have to wait: {error}", file=sys.stderr)
        return False
    return True


def write_secrets(folder: Path, broker: Path) -> tuple[str, str]:
    """Make the secrets, each one only once, and from them the broker's configuration.

    Every user of RabbitMQ has its URL in a folder of its name; the worker's folder holds its keys and its MongoDB URL
    as well, the administrator's URL is in `admin`. Returns the passwords of MongoDB's administrator and of its worker.
    """
    secret(folder / "worker" / "userbus_secret_key", random_key)
    secret(folder / "worker" / "userbus_encryption_key", random_key)
    passwords = {name: _password(folder / name / "userbus_amqp_url", f"amqp://{name}:%s@{RABBITMQ}/") for name in USERS}
    broker.mkdir(parents=True, exist_ok=True)
    (broker / "definitions.json").write_text(json.dumps(definitions(passwords), indent=2))
    (broker / "rabbitmq.conf").write_text(f"load_definitions = {broker / 'definitions.json'}\n")
    server = f"{MONGO[0]}:{MONGO[1]}"
    return (
        _password(folder / "admin" / "mongo_url", f"mongodb://{ADMIN}:%s@{server}/?replicaSet={SET}"),
        _password(
            folder / "worker" / "userbus_mongo_url", f"mongodb://{WORKER}:%s@{server}/{DATABASE}?replicaSet={SET}"
        ),
    )


def _password(file: Path, url: str) -> str:
    """The password in the URL that the file holds; a new one takes the place of %s in `url`."""
    known = secret(file, lambda: url % random_password())
    return known.partition("@")[0].rpartition(":")[2]


if __name__ == "__main__":
    sys.exit(main())
