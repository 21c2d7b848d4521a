"""What all repositories share: a collection, the unit's session, get or refuse, find or None, add, save, remove."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Generic, TypeVar

from models.document import Document
from models.errors.base import Refusal
from models.store import Row, Store

D = TypeVar("D", bound=Document)
Session = Callable[[], Awaitable[Any]]


class Repository(Generic[D]):
    """A collection of one kind of document, read and written in the unit's transaction."""

    collection: ClassVar[str]
    document: type[D]
    missing: ClassVar[type[Refusal]]

    def __init__(self, store: Store, session: Session) -> None:
        self.store = store
        self.rows = store.collection(self.collection)
        self.session = session

    async def find(self, **keys: Any) -> D | None:
        """The one document with these field values, or None."""
        row: Row | None = await self.rows.find_one(_named(keys), session=await self.session())
        return None if row is None else self.document.from_row(row)

    async def get(self, id: int) -> D:
        """The document with this id. Raises the repository's `missing` refusal."""
        found = await self.find(id=id)
        if found is None:
            raise self.missing
        return found

    async def add(self, document: D) -> None:
        """Insert a new document."""
        await self.rows.insert_one(document.to_row(), session=await self.session())

    async def save(self, document: D) -> None:
        """Replace the stored document."""
        await self.rows.replace_one({"_id": document.id}, document.to_row(), session=await self.session())

    async def remove(self, id: int) -> None:
        """Delete the document."""
        await self.rows.delete_one({"_id": id}, session=await self.session())


def _named(keys: dict[str, Any]) -> Row:
    return {"_id" if name == "id" else name: value for name, value in keys.items()}
