"""The state of the database as this process sees it; asks for nothing that needs more rights than its own database."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import PyMongoError

from models.errors.base import StoreUnavailable
from models.store.client import Store
from models.store.document import now
from models.store.indexes import INDEXES
from models.store.outbox import Outbox

SECONDS = 3.0


@dataclass(frozen=True)
class MemberState:
    """A member of the replica set; `lag` in seconds behind the primary."""

    address: str
    role: str
    lag: float | None
    error: str | None


@dataclass
class DatabaseState:
    """What is known; `error` tells why the rest is not."""

    answer: str
    write_concern: str
    read_concern: str
    members: list[MemberState]
    version: str | None = None
    replica_set: str | None = None
    clock_ahead: float | None = None
    indexes_missing: list[str] = field(default_factory=list)
    unsent_entries: int | None = None
    unsent_since: datetime | None = None
    error: str | None = None


async def inspect_database(store: Store) -> DatabaseState:
    """Return the state of the database, within three seconds."""
    users = store.collection("users")
    state = DatabaseState(
        store.availability.answer,
        str(users.write_concern.document.get("w", 1)),
        str(users.read_concern.level or "local"),
        _members(store),
    )
    try:
        async with asyncio.timeout(SECONDS):
            await _ask(store, state)
    except (PyMongoError, StoreUnavailable, TimeoutError) as error:
        state.error = f"{type(error).__name__}: {error}"[:300]
    state.members = _members(store)
    return state


async def _ask(store: Store, state: DatabaseState) -> None:
    state.version = (await store.client.admin.command("buildInfo"))["version"]
    began = now()
    hello = await store.client.admin.command("hello")
    middle = began + (now() - began) / 2
    local_time = hello["localTime"].replace(tzinfo=UTC)  # commands give times without a zone
    state.clock_ahead = round((local_time - middle).total_seconds(), 3)
    state.replica_set = hello.get("setName")
    state.indexes_missing = await _find_missing_indexes(store)
    outbox = Outbox(store)
    state.unsent_entries, state.unsent_since = await outbox.count_pending(), await outbox.find_oldest()


async def _find_missing_indexes(store: Store) -> list[str]:
    missing = list[str]()
    for name, indexes in INDEXES.items():
        there = await store.collection(name).index_information()
        for index in indexes:
            declared = index.document
            found = there.get(declared["name"])
            if found is None or bool(found.get("unique")) != bool(declared.get("unique")):
                missing.append(f"{name}.{declared['name']}")
    return missing


def _members(store: Store) -> list[MemberState]:
    servers = [*store.client.topology_description.server_descriptions().values()]
    written = [server.last_write_date for server in servers if server.server_type_name == "RSPrimary"]
    return [_member(server, written[0] if written else None) for server in servers]


def _member(server: Any, newest: float | None) -> MemberState:
    lag = None
    if newest is not None and server.last_write_date is not None:
        lag = max(0.0, round(newest - server.last_write_date, 1))
    host, port = server.address
    role = server.server_type_name.removeprefix("RS").lower()
    return MemberState(f"{host}:{port}", role, lag, str(server.error)[:300] if server.error else None)
