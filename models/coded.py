"""What apps, groups, roles, resources and resource types share: a code, and the rows that own them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from pymongo.errors import DuplicateKeyError

from models.errors.base import Refusal, TryAgain
from models.store.client import BsonDict
from models.store.conditions import SearchField, fold, number_field, text_field, time_field
from models.store.document import Document
from models.store.driver_errors import translate_duplicate
from models.store.lock_rows import LockRows
from models.store.repository import Repository


def search_fields(*texts: str, numbers: tuple[str, ...] = ()) -> dict[str, SearchField]:
    """The searchable fields of a noun: id and times, and those named."""
    return {
        "id": number_field("id", "_id"),
        **{name: number_field(name) for name in numbers},
        **{name: text_field(name) for name in texts},
        **{name: time_field(name) for name in ("created_at", "updated_at")},
    }


def lock_prefix(noun: str, id: int) -> str:
    """The prefix of the lock rows of an owner, for example `app/5/`."""
    return f"{noun}/{id}/"


class CodedDocument(Document):
    """A document with a code; `texts` are the fields that are stored case-folded too."""

    texts: ClassVar[tuple[str, ...]] = ("code", "name")
    code: str

    def change(self, fields: Mapping[str, Any]) -> bool:
        """Set fields; return whether any of them changed. The time moves without a change too."""
        changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        self.touch()
        return bool(changed)

    def refuse_protected(self) -> None:
        """Raise if the row may be neither changed nor deleted; the base class protects none."""

    def to_row(self) -> BsonDict:
        """Return the stored row, with case-folded copies for search."""
        row = super().to_row()
        return row | {"folded": {name: fold(row[name]) for name in self.texts}}


C = TypeVar("C", bound=CodedDocument)


class CodedRepository(Repository[C]):
    """Documents with a code.

    `live_filter` selects those that are not soft-deleted; `projection` leaves out long lists of links from pages;
    `owners` are the repositories of the rows that a field names; `linked_from` are the (collection, field) pairs that
    hold links to these rows.
    """

    live_filter: ClassVar[BsonDict] = {}
    projection: ClassVar[BsonDict] = {}
    fields: ClassVar[Mapping[str, SearchField]]
    owners: ClassVar[Mapping[str, "type[CodedRepository[Any]]"]] = {}
    linked_from: ClassVar[tuple[tuple[str, str], ...]] = ()
    code_taken: ClassVar[type[Refusal]]
    id_taken: ClassVar[type[Refusal] | None] = None

    async def find(self, **keys: Any) -> C | None:
        """Return the live row with these field values, or None."""
        return await self.find_any(**self.live_filter, **keys)

    async def find_any(self, **keys: Any) -> C | None:
        """Return the row with these field values, soft-deleted or not, or None."""
        return await super().find(**keys)

    async def require(self, ids: Iterable[int]) -> None:
        """Raise the repository's `not_found` unless every id is that of a live row."""
        wanted = set(ids)
        live = {"_id": {"$in": [*wanted]}, **self.live_filter}
        if not wanted:
            return
        session = await self.scope.read_session(self.collection)
        if await self.rows.count_documents(live, session=session) < len(wanted):
            raise self.not_found

    async def lock_owners(self, fields: Mapping[str, Any], id: int) -> None:
        """Keep the owners that the fields of row `id` name from being deleted until the command is committed.

        Raises the owners' `not_found`, in the order of `owners`.
        """
        for field, owner in self.owners.items():
            if field in fields:
                prefix = lock_prefix(owner.document.noun, fields[field])
                if not await LockRows(self.store, self.scope).lock(prefix, id):
                    raise owner.not_found

    async def add(self, row: C, chosen: bool = False) -> None:
        """Insert a row; `chosen` says that the caller chose its id. Raises `id_taken` or `code_taken`."""
        try:
            await super().add(row)
        except DuplicateKeyError as error:
            raise await self._find_conflict(row, chosen) from error

    async def save(self, row: C) -> None:
        """Replace a row. Raises `code_taken`."""
        with translate_duplicate(self.code_taken):
            await super().save(row)

    async def remove_all(self, ids: Collection[int]) -> None:
        """Delete the rows with these ids."""
        await self.rows.delete_many({"_id": {"$in": [*ids]}}, session=await self.session())

    async def _find_conflict(self, row: C, chosen: bool) -> Exception:
        # read outside the transaction, which the refused write has ended
        if await self.rows.find_one({"_id": row.id}, {"_id": 1}):
            return self.id_taken() if chosen and self.id_taken else TryAgain()
        return self.code_taken()


class OwnerRepository(CodedRepository[C]):
    """Rows that own others: each has lock rows, so that it is not deleted while something is added to it."""

    async def add(self, row: C, chosen: bool = False) -> None:
        """Insert a row with its lock rows. Raises `code_taken`."""
        await super().add(row, chosen)
        await LockRows(self.store, self.scope).create(lock_prefix(row.noun, row.id))

    async def remove_all(self, ids: Collection[int]) -> None:
        """Delete the rows with these ids, and their lock rows."""
        await super().remove_all(ids)
        await LockRows(self.store, self.scope).remove(lock_prefix(self.document.noun, id) for id in ids)
