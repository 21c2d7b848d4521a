"""What the contracts of apps, groups, roles, resources and resource types have in common."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from contracts.base import Command, Query, View
from contracts.types import Id, Text, Timestamp

AppKey = Annotated[Id | Text, Field(description="An app: its id (a number) or its code (a text, compared exactly).")]


class NewRow(Command):
    """A code, compared exactly, and a name."""

    code: Text
    name: Text


class RowChange(Command):
    """What to change of the row `id`: absent or null leaves as it is; without any field only `updated_at` moves."""

    id: Id
    code: Text | None = None


class RowKey(Query):
    """Exactly one of `id` and `code`."""

    id: Id | None = None
    code: Text | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.id is None) == (self.code is None):
            raise ValueError("give exactly one of id, code")
        return self


class RowInApp(RowKey):
    """Either `id`, or `app` and `code`."""

    app: AppKey | None = None

    @model_validator(mode="after")
    def _whole_key(self) -> Self:
        if (self.code is None) != (self.app is None):
            raise ValueError("give either id alone, or both app and code")
        return self


class RowView(View):
    """A row as it is stored; times are UTC, `revision` counts the row's events."""

    id: int
    code: str
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class LinksChanged(View):
    """The ids that were really added or removed, ascending; those that were so already are left out."""

    ids: list[int]
