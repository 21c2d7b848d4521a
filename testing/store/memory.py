"""The store of the models, in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from models.store.availability import DatabaseAvailability
from models.store.client import Store
from models.store.lookups import Lookups
from models.store.scan_limit import ScanLimit
from testing.store.collection import MemoryCollection
from testing.store.session import MemorySession
from testing.store.tables import Tables


class MemoryStore(Store):
    """A store whose documents live in this object: nothing is written to disk, and nothing expires.

    It has the transactions of MongoDB with their snapshots and conflicts, unique indexes, and the operators that
    models use; all else raises `NotInMemory`. Every query reads all documents of its collection.
    """

    def __init__(self) -> None:
        self._tables = Tables()
        self._collections: dict[str, Any] = {}
        self.availability = DatabaseAvailability()
        self.lookups = Lookups(self.collection)
        self.scans = ScanLimit()

    def collection(self, name: str) -> Any:
        """Return a collection, which need not be created."""
        if name not in self._collections:
            self._collections[name] = MemoryCollection(self._tables, name)
        return self._collections[name]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Open a session with a transaction, which the caller commits; it is aborted if still open at the end."""
        session = MemorySession(self._tables)
        try:
            yield session
        finally:
            if session.in_transaction:
                await session.abort_transaction()

    async def ensure_collection(self, name: str) -> None:
        """Change nothing: there is every collection."""

    async def check_availability(self) -> None:
        """Change nothing: memory is always there."""

    async def close(self) -> None:
        """Change nothing: nothing is open."""
