"""The list of services on a running broker: what services may is made, and what they may no longer hear is ended.

RabbitMQ asks for the right to an event when a queue is bound and when a reader begins, and never again.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from access.rabbitmq_users import NONE, definitions, service_rights
from access.service_grants import ServiceIdentity
from cli.management import Management
from contracts.catalog import EVENTS, EVENTS_EXCHANGE, EVENTS_LOG, PLAIN_EVENTS_EXCHANGE

SOURCES = (EVENTS_EXCHANGE, PLAIN_EVENTS_EXCHANGE)


@dataclass(frozen=True)
class Hearing:
    """What a user may read, and by which keys it may bind from the exchanges of events; patterns of RabbitMQ."""

    read: str
    keys: Mapping[str, str]

    def may_bind(self, source: str, key: str) -> bool:
        """Whether RabbitMQ lets it bind what it has to this exchange."""
        return bool(re.search(self.read, source) and re.search(self.keys.get(source, NONE), key))

    def all(self) -> set[tuple[str, str]]:
        """Every event by exchange, `#` for all there are, and the log."""
        bound = {(source, key) for source in SOURCES for key in (*EVENTS, "#") if self.may_bind(source, key)}
        return bound | ({(EVENTS_LOG, "#")} if re.search(self.read, EVENTS_LOG) else set())


def apply_services(broker: Management, services: Collection[ServiceIdentity]) -> None:
    """Make users, permissions, limits and policies; end connections and bindings of who may hear less than before.

    Raises `ManagementFailed`.
    """
    before = _hearing_on(broker)
    broker.import_definitions(definitions({}, services))
    for service in services:
        known = before.get(service.name)
        if known and known.all() - _hearing_of(service).all():
            broker.close_connections(service.name)  # before its bindings are removed: it could make them again
    for row in lost_bindings(broker.list_all("bindings"), services):
        broker.unbind(row)


def lost_bindings(
    rows: Iterable[Mapping[str, Any]], services: Collection[ServiceIdentity]
) -> Iterator[Mapping[str, Any]]:
    """Those that bind what is a service's by its name to events that it may not hear."""
    hearing = {service.name: _hearing_of(service) for service in services}
    for row in rows:
        its = hearing.get(row["destination"].partition(".")[0])
        if its and row["source"] in SOURCES and not its.may_bind(row["source"], row["routing_key"]):
            yield row


def _hearing_of(service: ServiceIdentity) -> Hearing:
    rights = service_rights(service)
    return Hearing(rights.read, {exchange: read for exchange, (_, read) in rights.topics.items()})


def _hearing_on(broker: Management) -> dict[str, Hearing]:
    """What each user may hear by the permissions that the broker has."""
    keys: dict[str, dict[str, str]] = {}
    for row in broker.list_topic_permissions():
        keys.setdefault(row["user"], {})[row["exchange"]] = row["read"]
    return {row["user"]: Hearing(row["read"], keys.get(row["user"], {})) for row in broker.list_permissions()}
