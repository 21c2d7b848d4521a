"""The base of all repositories."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, Generic, TypeVar

from models.errors.base import Refusal
from models.store.client import BsonDict, Store
from models.store.document import Document
from models.store.scope import StoreScope
from models.store.search import ResultPage, SearchSpec, find_page, is_scan, narrow
from models.store.time_limit import limit_operation

D = TypeVar("D", bound=Document)


class Repository(Generic[D]):
    """The documents of one collection, read and written in a unit's transaction; `get` raises `not_found`."""

    collection: ClassVar[str]
    document: type[D]
    not_found: ClassVar[type[Refusal]]

    def __init__(self, store: Store, scope: StoreScope) -> None:
        self.store = store
        self.rows = store.collection(self.collection)
        self.scope = scope
        self.session = scope.session

    async def find(self, **keys: Any) -> D | None:
        """Return the document with these field values, or None."""
        row = await self.scope.find_one(self.collection, _filter(keys))
        return None if row is None else self.document.from_row(row)

    async def find_all(self, ids: Sequence[int]) -> list[D]:
        """Return the documents with these ids that exist, in this order, by one query."""
        return [self.document.from_row(row) for row in await self.scope.find_all(self.collection, ids)]

    async def get(self, id: int) -> D:
        """Return the document with this id. Raises the repository's `not_found`."""
        found = await self.find(id=id)
        if found is None:
            raise self.not_found
        return found

    async def search(self, search: SearchSpec) -> ResultPage[D]:
        """Return a page of the documents that meet the search. Raises `ValueUnfit`, `CursorInvalid`, `SearchBusy`."""
        session = await self.session()
        with limit_operation():
            search = await narrow(self.store, self.collection, search, session)
        admission = self.store.scans.admit() if is_scan(self.collection, search) else nullcontext()
        async with admission:
            with limit_operation():
                page = await find_page(self.rows, search, session)
        return ResultPage([self.document.from_row(row) for row in page.items], page.total, page.next)

    def row(self, document: D) -> BsonDict:
        """The document as it is stored."""
        return document.to_row()

    async def add(self, document: D) -> None:
        """Insert a new document."""
        await self.scope.insert(self.collection, self.row(document))

    async def save(self, document: D) -> None:
        """Replace the stored document."""
        await self.scope.replace(self.collection, self.row(document))

    async def remove(self, id: int) -> None:
        """Delete the document."""
        await self.scope.delete(self.collection, id)


def _filter(keys: dict[str, Any]) -> BsonDict:
    return {"_id" if name == "id" else name: value for name, value in keys.items()}
