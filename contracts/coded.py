"""Shapes that apps, groups, roles, resources and resource types share."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from contracts.base import Message, View
from contracts.types import Id, Text, Timestamp

AppKey = Annotated[Id | Text, Field(description="An app: its id (a number) or its code (a text, compared exactly).")]


class NewCoded(Message):
    """A code, compared exactly, and a name."""

    code: Text
    name: Text


class CodedChange(Message):
    """Selects a row by `id` and may change its code.

    Null leaves a field as it is; without any field only `updated_at` moves.
    """

    id: Id
    code: Text | None = None


class CodedKey(Message):
    """Selects a row by exactly one of `id` and `code`."""

    id: Id | None = None
    code: Text | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.id is None) == (self.code is None):
            raise ValueError("give exactly one of id, code")
        return self


class CodedInAppKey(CodedKey):
    """Selects a row by `id` alone, or by both `app` and `code`."""

    app: AppKey | None = None

    @model_validator(mode="after")
    def _whole_key(self) -> Self:
        if (self.code is None) != (self.app is None):
            raise ValueError("give either id alone, or both app and code")
        return self


class CodedView(View):
    """A stored row; `revision` counts its events, times are UTC."""

    id: int
    code: str
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class LinksChanged(View):
    """The ids that were actually added or removed, ascending."""

    ids: list[int]
