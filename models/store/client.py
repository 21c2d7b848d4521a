"""The MongoDB client: PyMongo's asynchronous driver by default, Motor by setting."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from importlib import import_module
from typing import Any, Literal

from bson import CodecOptions
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.errors import (
    CollectionInvalid,
    ConfigurationError,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

from models.store.availability import CheckResult, DatabaseAvailability
from models.store.command_listeners import limit_to_recorded
from models.store.driver_waits import make_waits_cancellable
from models.store.lag_aware_timeout import LagAwareTimeout
from models.store.lookups import Lookups
from models.store.scan_limit import ScanLimit
from models.store.time_limit import OPERATION_SECONDS, limit_operation
from tracing.spans import command_listeners

Driver = Literal["pymongo", "motor"]
BsonDict = dict[str, Any]
NAMESPACE_EXISTS = 48
# by default MongoDB also shows writes that a crash can take back: their events would be sent all the same
MAJORITY_READ = ReadConcern("majority")
MAJORITY_WRITE = WriteConcern("majority")
CHECK_SECONDS = 0.75
ABORT_SECONDS = 0.5


class Store:
    """The MongoDB client of a process and its database.

    `url` names the database (`userbus` if it names none). `timeout` in seconds bounds each operation; finding a
    primary may take 16 % of it, connecting 40 %.
    """

    def __init__(self, url: str, driver: Driver = "pymongo", timeout: float = OPERATION_SECONDS) -> None:
        make_waits_cancellable()
        self.availability = DatabaseAvailability()
        self._check_timeout = LagAwareTimeout(CHECK_SECONDS)
        self._driver = driver
        self._aborting: set[asyncio.Task[None]] = set()
        client_class: Any = AsyncMongoClient if driver == "pymongo" else _motor_client()
        self.client = client_class(
            url,
            serverSelectionTimeoutMS=int(timeout * 160),
            connectTimeoutMS=int(timeout * 400),
            socketTimeoutMS=int(timeout * 1000),
            maxPoolSize=128,
            tz_aware=True,
            appname="userbus",
            event_listeners=command_listeners(),
        )
        limit_to_recorded(self.client if driver == "pymongo" else self.client.delegate)
        options: CodecOptions[BsonDict] = CodecOptions(tz_aware=True)
        self.database = self.client.get_default_database("userbus", codec_options=options)
        self._collections: dict[str, Any] = {}
        self.lookups = Lookups(self.collection)
        self.scans = ScanLimit()

    def collection(self, name: str) -> Any:
        """Return a collection with majority read and write concern: no crash takes back what it shows or confirms."""
        if name not in self._collections:
            options = {"read_concern": MAJORITY_READ, "write_concern": MAJORITY_WRITE}
            self._collections[name] = self.database.get_collection(name, **options)
        return self._collections[name]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Open a session with a transaction, which the caller commits; it is aborted if still open at the end."""
        session = await _await_if_needed(self.client.start_session())
        try:
            await _await_if_needed(session.start_transaction(write_concern=MAJORITY_WRITE))
            yield session
        except ConfigurationError:
            await self._reset_pools()
            raise
        finally:
            await (self._abort_briefly(session) if session.in_transaction else session.end_session())

    def connection_counts(self) -> dict[str, int]:
        """How many connections to all members are `idle`, `in_use`, and how many operations are `waiting` for one."""
        # PyMongo tells this only to listeners, which would run at every operation
        pools = self._pools()
        used = sum(pool.active_sockets for pool in pools)
        waiting = sum(pool.operation_count for pool in pools) - used
        return {"idle": sum(len(pool.conns) for pool in pools), "in_use": used, "waiting": max(0, waiting)}

    async def _reset_pools(self) -> None:
        # a connection made while a member changes its state never supports sessions: docs/decisions/0006
        for pool in self._pools():
            await _await_if_needed(pool.reset_without_pause())

    def _pools(self) -> list[Any]:
        client = self.client if self._driver == "pymongo" else self.client.delegate
        return [server.pool for server in [*client._topology._servers.values()]]

    async def _abort_briefly(self, session: Any) -> None:
        # a server that does not answer must not delay the reply: the task goes on in the background
        # in a context of its own, as the request may have no time left
        task = asyncio.get_running_loop().create_task(_abort(session), context=Context())
        self._aborting.add(task)
        task.add_done_callback(self._aborting.discard)
        await asyncio.wait({task}, timeout=ABORT_SECONDS)

    async def aggregate(self, name: str, pipeline: Sequence[Mapping[str, Any]], session: Any = None) -> list[BsonDict]:
        """Run an aggregation on a collection and return all its rows."""
        with limit_operation():
            cursor = await _await_if_needed(self.collection(name).aggregate(list(pipeline), session=session))
            rows: list[BsonDict] = await cursor.to_list(None)
        return rows

    async def find_ids(self, name: str, where: BsonDict, session: Any = None) -> list[int]:
        """Return the ids of the documents of a collection that meet `where`, ascending."""
        with limit_operation():
            return sorted([row["_id"] async for row in self.collection(name).find(where, {"_id": 1}, session=session)])

    async def ensure_collection(self, name: str) -> None:
        """Create a collection unless it exists."""
        try:
            await self.database.create_collection(name)
        except CollectionInvalid:
            return
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:  # another process created it in the meantime
                raise

    async def check_availability(self) -> None:
        """Ask for a primary, within 0.75 s, and record the answer in `availability`.

        Silence proves nothing where the event loop stood still, and is not recorded then: the next check waits on.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer, election = await self._find_primary()
        if answer != "silent" or self._check_timeout.is_conclusive:
            self.availability.record(answer, began, loop.time(), election)
            self._check_timeout = LagAwareTimeout(CHECK_SECONDS)

    async def _find_primary(self) -> tuple[CheckResult, object]:
        """The answer, and the id of the election that made the primary."""
        try:
            reply = await self._check_timeout.run(self._ask_hello())
        except (PyMongoError, TimeoutError):
            return ("electing" if self._is_demoted() else "silent"), None
        return ("primary" if reply.get("isWritablePrimary") else "electing"), reply.get("electionId")

    async def _ask_hello(self) -> BsonDict:
        read_preference = ReadPreference.PRIMARY_PREFERRED
        reply: BsonDict = await self.client.admin.command("hello", read_preference=read_preference)
        return reply

    def _is_demoted(self) -> bool:
        # after "not primary" the driver asks a member nothing for half a second: it is silent, but not dead
        members = self.client.topology_description.server_descriptions().values()
        return any(isinstance(member.error, NotPrimaryError) for member in members)

    async def drop_index(self, collection: str, name: str) -> None:
        """Drop an index of a collection if it exists."""
        if name in await self.collection(collection).index_information():
            await self.collection(collection).drop_index(name)

    async def close(self) -> None:
        """Close every connection."""
        await _await_if_needed(self.client.close())
        await asyncio.gather(*self._aborting, return_exceptions=True)


def _motor_client() -> Any:
    # imported by name, since Motor is an optional dependency
    return import_module("motor.motor_asyncio").AsyncIOMotorClient


async def _await_if_needed(outcome: Any) -> Any:
    # where PyMongo returns an awaitable, Motor may return the value itself, and the other way round
    return await outcome if inspect.isawaitable(outcome) else outcome


async def _abort(session: Any) -> None:
    try:
        await session.abort_transaction()
    except PyMongoError:
        return  # the server ends an abandoned transaction by itself
    finally:
        await session.end_session()
