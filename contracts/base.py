"""The five shapes that every contract is one of: message, command, query, view and event body."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A request body: one JSON object, strict types, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Command(Message):
    """A request that may change state: journalled, idempotent by its message_id."""


class Query(Message):
    """A request that only reads: needs no message_id and leaves no journal entry."""


class View(BaseModel):
    """What a reply or an event shows of the state; readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(View):
    """The `data` member of a CloudEvents object."""


class Deleted(View):
    """How many were deleted: 0 or 1."""

    deleted: Literal[0, 1]


Requests = dict[str, tuple[type[Message], type[View]]]
Events = dict[str, type[View]]
