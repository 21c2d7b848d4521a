"""What apps, groups, roles, resources and resource types have in common: a code, and the rows they belong to."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from pymongo.errors import DuplicateKeyError

from models.conditions import Field, fold, number, text, time
from models.document import Document
from models.errors.base import Refusal, TryAgain
from models.gates import Gates
from models.repository import Repository
from models.search import Page, Search, found_page
from models.store import Row


def searchable(*texts: str, numbers: tuple[str, ...] = ()) -> dict[str, Field]:
    """The fields of a row that can be searched: id and times, and those named."""
    return {
        "id": number("id", "_id"),
        **{name: number(name) for name in numbers},
        **{name: text(name) for name in texts},
        **{name: time(name) for name in ("created_at", "updated_at")},
    }


class Coded(Document):
    """A row known by its code."""

    texts: ClassVar[tuple[str, ...]] = ("code", "name")
    code: str

    def change(self, fields: Mapping[str, Any]) -> None:
        """Set fields."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.touch()

    def refuse_protected(self) -> None:
        """Raise where the row may be neither changed nor deleted."""

    def to_row(self) -> Row:
        """The stored row, with folded copies for search."""
        row = super().to_row()
        return row | {"folded": {name: fold(row[name]) for name in self.texts}}


C = TypeVar("C", bound=Coded)


class CodedRows(Repository[C]):
    """Rows with a code.

    `live` selects those that are there for everyone, `hidden` are the links that pages and listings leave out, and
    `owners` are the repositories of the rows that a row names.
    """

    live: ClassVar[Row] = {}
    hidden: ClassVar[Row] = {}
    fields: ClassVar[Mapping[str, Field]]
    owners: ClassVar[Mapping[str, "type[CodedRows[Any]]"]] = {}
    code_taken: ClassVar[type[Refusal]]
    id_taken: ClassVar[type[Refusal] | None] = None

    async def find(self, **keys: Any) -> C | None:
        """The one live row with these field values, or None."""
        return await self.find_any(**self.live, **keys)

    async def find_any(self, **keys: Any) -> C | None:
        """The same, soft-deleted ones included."""
        return await super().find(**keys)

    async def require(self, ids: Iterable[int]) -> None:
        """Raise the repository's `missing` refusal unless every id is a live row."""
        wanted = set(ids)
        there = {"_id": {"$in": [*wanted]}, **self.live}
        if wanted and await self.rows.count_documents(there, session=await self.session()) < len(wanted):
            raise self.missing

    async def keep_owners(self, fields: Mapping[str, Any], id: int) -> None:
        """Keep the rows that the fields of row `id` name from being deleted until the command is committed.

        Raises their `missing` refusals, in field order.
        """
        for field, owner in self.owners.items():
            if field in fields:
                subject = f"{owner.document.noun}/{fields[field]}"
                if not await Gates(self.store, self.session).passed(subject, id):
                    raise owner.missing

    async def add(self, row: C, chosen: bool = False) -> None:
        """Insert a row, `chosen` if its id is the caller's choice. Raises `id_taken` or `code_taken`."""
        try:
            await super().add(row)
        except DuplicateKeyError as error:
            raise await self._clash(row, chosen) from error

    async def save(self, row: C) -> None:
        """Replace a row. Raises `code_taken`."""
        try:
            await super().save(row)
        except DuplicateKeyError as error:
            raise self.code_taken from error

    async def page(self, search: Search) -> Page[C]:
        """A page of the rows that meet the search."""
        page = await found_page(self.rows, search, await self.session())
        return Page([self.document.from_row(row) for row in page.items], page.total, page.next)

    async def _clash(self, row: C, chosen: bool) -> Exception:
        # without the session: the refused write has ended its transaction
        if await self.rows.find_one({"_id": row.id}, {"_id": 1}):
            return self.id_taken() if chosen and self.id_taken else TryAgain()
        return self.code_taken()


class OwnerRows(CodedRows[C]):
    """Rows that others belong to: each has gates, so that it is not deleted while something is added to it."""

    async def add(self, row: C, chosen: bool = False) -> None:
        """Insert a row with its gates. Raises `code_taken`."""
        await super().add(row, chosen)
        await Gates(self.store, self.session).make(row.subject)
