"""The driver seam: PyMongo's asynchronous client by default, Motor by setting; all else sees one shape."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import Any, Literal

from bson import CodecOptions
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.errors import (
    CollectionInvalid,
    ConfigurationError,
    ConnectionFailure,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

from models.errors.base import StoreUnavailable
from models.watch import Answer, Watch

Driver = Literal["pymongo", "motor"]
Row = dict[str, Any]
NAMESPACE_EXISTS = 48
AUTHENTICATION_FAILED = 18
# by default MongoDB shows what it may still lose: its events would go out, and then never have happened
DURABLE = ReadConcern("majority")
LASTING = WriteConcern("majority")
LOOK_SECONDS = 0.75
ABORT_SECONDS = 0.5


async def _settled(outcome: Any) -> Any:
    """Motor returns at once where PyMongo returns an awaitable, and the other way round."""
    return await outcome if inspect.isawaitable(outcome) else outcome


class Store:
    """One client and its database; make one a process, close it at the end.

    `url` names the database; `timeout` (seconds) bounds finding a primary and each operation.
    """

    def __init__(self, url: str, driver: Driver = "pymongo", timeout: float = 5.0) -> None:
        self.watch = Watch()
        self._driver = driver
        self._aborting: set[asyncio.Task[None]] = set()
        make: Any = AsyncMongoClient if driver == "pymongo" else _motor()
        self.client = make(
            url,
            serverSelectionTimeoutMS=int(timeout * 160),
            connectTimeoutMS=int(timeout * 400),
            socketTimeoutMS=int(timeout * 1000),
            maxPoolSize=128,
            tz_aware=True,
            appname="userbus",
        )
        options: CodecOptions[Row] = CodecOptions(tz_aware=True)
        self.database = self.client.get_default_database("userbus", codec_options=options)

    def collection(self, name: str) -> Any:
        """A collection of which only that is read, and that counts as written, which no crash takes back."""
        return self.database.get_collection(name, read_concern=DURABLE, write_concern=LASTING)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Any]:
        """A session with an open transaction: committed by the caller, aborted if still open at the end."""
        session = await _settled(self.client.start_session())
        try:
            await _settled(session.start_transaction(write_concern=LASTING))
            yield session
        except ConfigurationError:
            await self._give_up_connections()
            raise
        finally:
            await (self._abandon(session) if session.in_transaction else session.end_session())

    async def _give_up_connections(self) -> None:
        # one made while a member changes its state counts as one without sessions for as long as it lives: decision 6
        driven = self.client if self._driver == "pymongo" else self.client.delegate
        for server in [*driven._topology._servers.values()]:
            await _settled(server.pool.reset_without_pause())

    async def _abandon(self, session: Any) -> None:
        # only for a moment, since a silent server must not hold up whoever is answered next
        task = asyncio.create_task(_abort(session))
        self._aborting.add(task)
        task.add_done_callback(self._aborting.discard)
        await asyncio.wait({task}, timeout=ABORT_SECONDS)

    async def aggregate(self, name: str, pipeline: Sequence[Mapping[str, Any]], session: Any = None) -> list[Row]:
        """All rows of an aggregation."""
        cursor = await _settled(self.collection(name).aggregate(list(pipeline), session=session))
        rows: list[Row] = await cursor.to_list(None)
        return rows

    async def ensure(self, name: str) -> None:
        """Make a collection unless it is there."""
        try:
            await self.database.create_collection(name)
        except CollectionInvalid:
            return
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:  # else another process was faster
                raise

    async def look(self) -> None:
        """Ask for a primary, less than a second, and let `watch` judge the answer."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await self._answer()
        self.watch.seen(answer, began, loop.time())

    async def _answer(self) -> Answer:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                reply = await self.client.admin.command("hello", read_preference=ReadPreference.PRIMARY_PREFERRED)
        except (PyMongoError, TimeoutError):
            return "electing" if self._refused() else "silent"
        return "primary" if reply.get("isWritablePrimary") else "electing"

    def _refused(self) -> bool:
        # after "I am no primary" the driver asks a member nothing for half a second: silent, but not dead
        members = self.client.topology_description.server_descriptions().values()
        return any(isinstance(member.error, NotPrimaryError) for member in members)

    async def close(self) -> None:
        """Close every connection."""
        await _settled(self.client.close())
        await asyncio.gather(*self._aborting, return_exceptions=True)


def _motor() -> Any:
    # by name, since Motor is an extra that most installations lack
    return import_module("motor.motor_asyncio").AsyncIOMotorClient


@contextmanager
def translated() -> Iterator[None]:
    """Any trouble of the driver becomes `StoreUnavailable`, for code outside a unit of work."""
    try:
        yield
    except PyMongoError as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from error


@contextmanager
def reached() -> Iterator[None]:
    """A database that cannot be reached, or takes nobody in, becomes `StoreUnavailable`; other refusals stay."""
    try:
        yield
    except ConnectionFailure as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from error
    except OperationFailure as error:
        if error.code != AUTHENTICATION_FAILED:
            raise
        raise StoreUnavailable("the database does not know this user and password: see USERBUS_MONGO_URL") from error


async def _abort(session: Any) -> None:
    try:
        await session.abort_transaction()
    except PyMongoError:
        return  # the server ends an abandoned transaction by itself
    finally:
        await session.end_session()
