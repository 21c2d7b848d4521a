"""RabbitMQ's users and what each may do, as the definitions file that it loads at its start."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SALT = 4
NONE, ALL = "^$", ".*"
OURS = r"userbus\..*"
# Queues without a name of their own, for replies and events: as RabbitMQ calls them, and as aio-pika does where it
# reopens connections. Nobody can guess these names, and who declares such a queue as exclusive alone can read it.
ANONYMOUS = r"amq\.gen-.*|amq_[0-9a-f]{32}"
# Service tokens open the HTTP bridge: only those who run it hand them out.
UNPRIVILEGED = r"^(?!token\.)"


@dataclass(frozen=True)
class UserRights:
    """Patterns of names that a user may configure, write to and read from in the virtual host `/`.

    `topics` maps a topic exchange to the routing keys that may be published to it and bound from it.
    """

    configure: str
    write: str
    read: str
    topics: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def _names(*patterns: str) -> str:
    return f"^({'|'.join(patterns)})$"


USERS: Mapping[str, UserRights] = {
    # Declares the topology; answers any queue, which goes through the default exchange; sends dead letters again.
    "worker": UserRights(_names(OURS, ANONYMOUS), _names(OURS, ANONYMOUS, r"amq\.default"), _names(OURS, ANONYMOUS)),
    # Sends every request and reads the replies; serves `userbus` on the command line too, but for dead letters.
    "bridge": UserRights(
        _names(ANONYMOUS), _names(r"userbus\.commands"), _names(ANONYMOUS), {"userbus.commands": (ALL, NONE)}
    ),
    # A service that sends requests; queues that it names are called publisher.*
    "publisher": UserRights(
        _names(r"publisher\..*", ANONYMOUS),
        _names(r"userbus\.commands"),
        _names(r"publisher\..*", ANONYMOUS),
        {"userbus.commands": (UNPRIVILEGED, NONE)},
    ),
    # A service that takes events; queues that it names are called consumer.*
    "consumer": UserRights(
        _names(r"consumer\..*", ANONYMOUS),
        _names(r"consumer\..*", ANONYMOUS),
        _names(r"consumer\..*", ANONYMOUS, r"userbus\.events(\.log)?"),
        {"userbus.events": (NONE, ALL)},
    ),
}


def definitions(passwords: Mapping[str, str]) -> dict[str, Any]:
    """The definitions that make the users of `USERS` with these passwords; they replace RabbitMQ's default user."""
    return {
        "vhosts": [{"name": "/"}],
        "users": [_user(name, passwords[name]) for name in USERS],
        "permissions": [
            {"user": name, "vhost": "/", "configure": may.configure, "write": may.write, "read": may.read}
            for name, may in USERS.items()
        ],
        "topic_permissions": [
            {"user": name, "vhost": "/", "exchange": exchange, "write": write, "read": read}
            for name, may in USERS.items()
            for exchange, (write, read) in may.topics.items()
        ],
    }


def _user(name: str, password: str) -> dict[str, Any]:
    """A user with a salted hash in RabbitMQ's form: base64 of the salt and SHA-256 over salt and password."""
    salt = secrets.token_bytes(SALT)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }
