"""Lock rows make two transactions conflict: adding something to a row writes one of them, deleting the row removes all.

Snapshots alone would let a role be created in an app that is being deleted. Writing the app itself would prevent that
too, but then all transactions that add to the same app would conflict with each other.
"""

from collections.abc import Iterable

from models.store.client import Store
from models.store.scope import StoreScope

COUNT = 64  # lock rows of one row: as many transactions can add to it at once without a conflict


class LockRows:
    """The lock rows, stored in the collection `gates`; `prefix` begins the ids of one row's, for example `app/5/`."""

    def __init__(self, store: Store, scope: StoreScope) -> None:
        self._rows = store.collection("gates")
        self._scope = scope

    async def create(self, prefix: str) -> None:
        """Create the lock rows of a new row."""
        rows = [{"_id": id, "passed": 0} for id in _ids(prefix)]
        await self._rows.insert_many(rows, session=await self._scope.session())

    async def lock(self, prefix: str, number: int) -> bool:
        """Write the lock row that `number` selects; return False if the row has been deleted."""
        return await self._scope.increment("gates", f"{prefix}{number % COUNT}", "passed")

    async def remove(self, prefixes: Iterable[str]) -> None:
        """Remove all lock rows of deleted rows."""
        ids = [id for prefix in prefixes for id in _ids(prefix)]
        await self._rows.delete_many({"_id": {"$in": ids}}, session=await self._scope.session())


def _ids(prefix: str) -> list[str]:
    return [f"{prefix}{number}" for number in range(COUNT)]
