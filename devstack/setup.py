"""The one-shot setup of compose.yaml: the replica set, the secrets, and the broker's users. Harmless to repeat."""

import json
import sys
import time
from pathlib import Path

from devstack.broker import USERS, definitions
from devstack.errors import StackError
from devstack.keys import random_key, random_password, secret
from devstack.mongodb import is_primary

MONGO = ("mongo", 27017)
RABBITMQ = "rabbitmq:5672"
LIMIT = 60.0


def main() -> int:
    """Set up what the volumes lack, wait for the primary, and give the exit status."""
    write_secrets(Path("/secrets"), Path("/broker"))
    deadline = time.monotonic() + LIMIT
    try:
        while not is_primary(*MONGO):
            if time.monotonic() > deadline:
                raise StackError(
                    f"{MONGO[0]}:{MONGO[1]} did not become primary of its replica set within {LIMIT:.0f} s"
                )
            time.sleep(0.2)  # a member does not tell when it becomes primary
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write_secrets(folder: Path, broker: Path) -> None:
    """Make the secrets, each one only once, and from them the broker's configuration.

    Every user of RabbitMQ has its URL in a folder of its name; the worker's folder holds its keys as well.
    """
    secret(folder / "worker" / "userbus_secret_key", random_key)
    secret(folder / "worker" / "userbus_encryption_key", random_key)
    passwords = {name: _password(folder / name / "userbus_amqp_url", name) for name in USERS}
    broker.mkdir(parents=True, exist_ok=True)
    (broker / "definitions.json").write_text(json.dumps(definitions(passwords), indent=2))
    (broker / "rabbitmq.conf").write_text(f"load_definitions = {broker / 'definitions.json'}\n")


def _password(file: Path, user: str) -> str:
    """The password in the URL that the file holds."""
    url = secret(file, lambda: f"amqp://{user}:{random_password()}@{RABBITMQ}/")
    return url.partition("@")[0].rpartition(":")[2]


if __name__ == "__main__":
    sys.exit(main())
