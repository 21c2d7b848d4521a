"""The transaction of one command, which starts when it is needed."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from models.store.client import Store
from models.store.totals import TotalRows


class LazyTransaction:
    """A transaction that starts when its session is first asked for; `totals_row` is the row to which it alone adds.

    `exits` are left when it ends.
    """

    def __init__(self, store: Store, total_rows: TotalRows) -> None:
        self._store = store
        self._total_rows = total_rows
        self.exits = AsyncExitStack()
        self._session: Any = None
        self.totals_row = ""

    async def open(self) -> Any:
        """Return the session, in whose transaction nothing has been read before the first call."""
        if self._session is None:
            # before the snapshot is taken: a row that somebody else changes after it cannot be changed any more
            self.totals_row = self.exits.enter_context(self._total_rows.reserve())
            self._session = await self.exits.enter_async_context(self._store.transaction())
        return self._session

    async def close(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the session, and abort what is not committed."""
        await self.exits.__aexit__(kind, error, trace)
