"""The base classes of all contracts."""

from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict

_NOTHING_ELSE = (("__pydantic_extra__", None), ("__pydantic_private__", None))
Family = Literal["user", "account", "role", "auth", "sms"]


class View(BaseModel):
    """A reply, the data of an event, or a part of one; readers ignore unknown fields.

    `personal` names the fields that tell who or where a person is: `userbus.events.plain` has them blank.
    """

    personal: ClassVar[frozenset[str]] = frozenset()
    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """The view with these values, unchecked: of all fields, by their names and in their order.

        As `model_construct`, which looks for defaults and aliases field by field and takes three times as long.
        """
        view = cls.__new__(cls)
        for name, value in (("__dict__", fields), ("__pydantic_fields_set__", {*fields}), *_NOTHING_ELSE):
            object.__setattr__(view, name, value)
        return view


R_co = TypeVar("R_co", bound=View, covariant=True)


class Message(BaseModel):
    """A request body or a part of one: a JSON object with strict types; unknown fields fail."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Request(Message, Generic[R_co]):
    """A request; its type parameter is the view that it is answered with, `max_body` its longest body in bytes."""

    max_body: ClassVar[int] = 64 * 1024

    @property
    def also_requires(self) -> tuple[str, ...]:
        """The names of requests that its caller must be allowed to send besides this one."""
        return ()

    @classmethod
    def reply_type(cls) -> type[View]:
        """The type of the reply, as the class statement names it: `class GetUser(Query[UserView])`."""
        for base in cls.__mro__:
            for argument in getattr(base, "__pydantic_generic_metadata__", {}).get("args", ()):
                if isinstance(argument, type) and issubclass(argument, View):
                    return argument
        raise TypeError(f"{cls.__name__} names no reply: derive it from Command[...] or Query[...]")


class Command(Request[R_co], Generic[R_co]):
    """A request that may change state: journalled, and idempotent by its message_id.

    `reversible` is false if a roll-back does not undo its effects, such as an SMS that was sent.
    """

    reversible: ClassVar[bool] = True


class Query(Request[R_co], Generic[R_co]):
    """A request that only reads: it needs no message_id and leaves no journal entry."""


class EventData(View):
    """The `data` of a CloudEvents object."""


class Deleted(View):
    """How many were deleted: 0 or 1."""

    deleted: Literal[0, 1]


Requests = dict[str, type[Request[Any]]]
Events = dict[str, type[View]]
