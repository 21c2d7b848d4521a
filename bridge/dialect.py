"""The words of a dialect table: what one row says, and what the dialect says for all its rows."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bridge.fields import Fault, Field, Schema, Values


class Case(StrEnum):
    """The answers that every dialect must have (REST contract, section 1.5)."""

    UNPARSABLE = "unparsable"
    WRONG_KIND = "wrong_kind"
    INVALID = "invalid"
    UNKNOWN_ROUTE = "unknown_route"
    WRONG_VERB = "wrong_verb"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """One error answer: `{reason}` in its text is filled in; `code` is the dialect's own number."""

    status: int
    text: str
    code: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def because(self, reason: str, headers: Mapping[str, str]) -> "Failure":
        """The same failure with its reason and further headers."""
        return replace(self, text=self.text.replace("{reason}", reason), headers={**self.headers, **headers})


class Stopped(Exception):
    """A request ends with one of the answers that every dialect has."""

    def __init__(self, case: Case, reason: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{case}: {reason}")
        self.case = case
        self.reason = reason
        self.headers = headers or {}


class Rejected(Exception):
    """A request ends with a failure that the dialect names itself."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: `body` is sent as JSON, bytes as they are."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client asks, before anything is parsed: path variables, raw query and body, headers and cookies.

    `client` is the network address that the request came from, as far as it is known.
    """

    method: str
    path: Mapping[str, str]
    query: bytes
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `actor` goes with the request, `key` keeps the idempotency keys of different callers apart.

    `details` is what the dialect's own guard found out, such as a session or a tenant. Where the request itself proves
    the caller, one message does both; `prove` is awaited only if bad fields keep the request from being sent, so that
    a caller who is not good hears that instead.
    """

    actor: str | None = None
    key: str = ""
    details: Any = None
    prove: Callable[[], Awaitable[Any]] | None = None


Source = Callable[[Ask], Values]
Send = Callable[[str, Values], Awaitable[Any]]
Guard = Callable[[Ask, "Row"], Awaitable[Caller]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call whose caller and fields are good; `send` passes a request to the bus and returns its view."""

    ask: Ask
    caller: Caller
    values: Values
    send: Send


def given(request: Request) -> Values:
    """The fields as they were checked."""
    return request.values


def unchanged(view: Any) -> Any:
    """The view as it is."""
    return view


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What the documents say about a row beyond its fields: what it does, and what a success shows.

    `shows` is the JSON Schema of what `write` returns, `example` one such value; `bare` rows are sent without the
    dialect's success shape, as `answers` (media type). `raises` are the problem codes that the row can be refused
    with, of those that the row or its dialect renders, `rejects` the failures that the row names itself. `asks` is a
    request's example; `body` the schema of a body that is no plain object of the row's fields, `media` its media types
    where they are not the dialect's. `access` lists the dialect's schemes that together let in, if it is not any one.
    """

    does: str = ""
    shows: Schema = field(default_factory=dict)
    example: Any = None
    bare: bool = False
    answers: str = "application/json"
    raises: tuple[str, ...] = ()
    rejects: tuple[Failure, ...] = ()
    asks: Any = None
    body: Schema = field(default_factory=dict)
    media: tuple[str, ...] = ()
    status: int = 200
    access: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One call: route, bus name, fields, and how they turn into the request (`read`) and its view into data (`write`).

    `refusals` maps problem codes where the row differs from its dialect; `source` says where its parameters are, if
    not where the dialect says. `call` replaces the one request by something else and returns what `write` is given.
    A `write` that returns an Answer is sent without the dialect's success shape; `headers` go with a success that has
    it. An `open` row is served to everyone. `doc` is for the documents.
    """

    method: str
    path: str
    name: str
    fields: tuple[Field, ...] = ()
    read: Callable[[Request], Values] = given
    write: Callable[[Any], Any] = unchanged
    refusals: Mapping[str, Failure] = field(default_factory=dict)
    source: Source | None = None
    call: Callable[[Request], Awaitable[Any]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    doc: Doc = field(default_factory=Doc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """All rows of a dialect and what they share.

    `source` finds the parameters, `guard` the caller, `check` turns parameters into values; `fault` renders a field's
    fault, `refusals` a problem code, `cases` the rest; `succeed` and `fail` are the two shapes of a body. For the
    documents: `title`, the bodies' `media` types, the OpenAPI security `schemes`.
    """

    name: str
    rows: tuple[Row, ...]
    source: Source
    guard: Guard
    check: Callable[[tuple[Field, ...], Values], Values]
    fault: Callable[[Fault], Failure]
    refusals: Mapping[str, Failure]
    cases: Mapping[Case, Failure]
    succeed: Callable[[Any], Any]
    fail: Callable[[Failure], Any]
    title: str = ""
    media: tuple[str, ...] = ("application/json",)
    schemes: Mapping[str, Schema] = field(default_factory=dict)
