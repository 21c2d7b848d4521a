"""A service: one RabbitMQ user, the requests that it may send, and the events that it may receive."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from contracts.catalog import CATALOG, EVENTS

# What a wildcard may grant, and a service may query unless its list says otherwise. Every other noun is privileged.
OPEN_NOUNS = frozenset({"account", "app", "group", "health", "resource", "resource_type", "role", "sms", "user"})
# Never granted by a wildcard: credentials, other people's sessions, keys of other systems, what cannot be undone.
PRIVILEGED = (
    *(f"{noun}.*" for noun in sorted({name.partition(".")[0] for name in CATALOG} - OPEN_NOUNS)),
    *("user.delete", "user.import", "user.check_import", "user.set_root", "sms.status"),
)
AWAY_FROM_PLAIN = frozenset({"webhook.create", "webhook.update"})
RESERVED = frozenset({"worker", "bridge", "operator", "admin", "guest", "userbus", "amq"})
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


class ServiceInvalid(ValueError):
    """The description of a service is wrong; the text says what to write instead."""


def is_privileged(name: str) -> bool:
    """Whether a request is granted only by its own name, never by a wildcard."""
    return any(fnmatchcase(name, pattern) for pattern in PRIVILEGED)


DEFAULT_MAY = tuple(name for name, entry in sorted(CATALOG.items()) if not entry.is_command and not is_privileged(name))


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """A caller on the bus; `name` is its RabbitMQ user and the prefix of its queues.

    `may` holds names of requests and patterns such as `user.*`, by default the queries that are not privileged;
    `events` those of events, `#` for all. With `plain` it receives them without personal data. `trusted` means that its
    `x-actor` and `app_id` are believed. `password_hash` is in RabbitMQ's form; without one nobody can connect.
    """

    name: str
    may: tuple[str, ...] = DEFAULT_MAY
    events: tuple[str, ...] = ()
    plain: bool = False
    trusted: bool = False
    password_hash: str = ""

    @property
    def requests(self) -> frozenset[str]:
        """The names of the requests that it may send."""
        return frozenset(name for pattern in self.may for name in _expand(pattern))


def check_service(service: ServiceIdentity) -> None:
    """Raise `ServiceInvalid` for a name that is taken or malformed, and for patterns that match nothing."""
    if service.name in RESERVED or not _NAME.fullmatch(service.name):
        taken = ", ".join(sorted(RESERVED))
        raise ServiceInvalid(f"{service.name!r}: a name has a-z, 0-9, -, begins with a letter, and is none of {taken}")
    _refuse_unknown(service.name, service.may, [pattern for pattern in service.may if not _expand(pattern)])
    _refuse_unknown(service.name, service.events, [each for each in service.events if not _is_event_pattern(each)])
    if service.plain and (away := sorted(service.requests & AWAY_FROM_PLAIN)):
        raise ServiceInvalid(
            f"{service.name}: plain keeps personal data from it, and {', '.join(away)} would give it all events whole, "
            "by a webhook of its own: take out the one or the other"
        )


def _expand(pattern: str) -> list[str]:
    if pattern in CATALOG:
        return [pattern]
    return [name for name in CATALOG if fnmatchcase(name, pattern) and not is_privileged(name)]


def _is_event_pattern(pattern: str) -> bool:
    nouns = {name.partition(".")[0] for name in EVENTS}
    return pattern == "#" or pattern in EVENTS or (pattern.endswith(".*") and pattern.removesuffix(".*") in nouns)


def _refuse_unknown(name: str, given: Iterable[str], unknown: list[str]) -> None:
    if unknown:
        raise ServiceInvalid(
            f"{name}: {', '.join(unknown)} names nothing that can be granted, out of {', '.join(given)}; "
            f"privileged requests ({', '.join(PRIVILEGED)}) are named one by one"
        )


_BRIDGE = (
    *("account.*", "app.*", "group.*", "health.*", "resource.*", "resource_type.*", "role.*", "sms.*", "user.*"),
    *("auth.change_password", "auth.register", "auth.reset_password", "auth.sign_in", "auth.sign_out", "auth.sign_up"),
    *("integration.create", "integration.delete", "integration.get", "integration.search", "integration.update"),
    *("session.resolve", "token.verify", "user.delete"),
)
# The programs of userbus itself, which are in no file. The operator is whoever runs the command line.
PROGRAMS = {
    "worker": ServiceIdentity("worker", ("health.*",)),
    "bridge": ServiceIdentity("bridge", _BRIDGE, trusted=True),
    "operator": ServiceIdentity("operator", tuple(CATALOG), trusted=True),
}
