"""The vocabulary of a dialect: one endpoint of its table, and what all its endpoints share."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bridge.rest.fields import FieldError, InputField, Schema, Values


class StandardCase(StrEnum):
    """The error cases for which every dialect has a failure.

    The last four have INVALID's or UNAVAILABLE's, with an HTTP status of their own.
    """

    UNPARSABLE = "unparsable"
    WRONG_KIND = "wrong_kind"
    INVALID = "invalid"
    UNKNOWN_ROUTE = "unknown_route"
    WRONG_VERB = "wrong_verb"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    CROSS_SITE = "cross_site"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"
    TOO_SLOW = "too_slow"
    HEAD_TOO_LARGE = "head_too_large"
    UNKNOWN_CODING = "unknown_coding"
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class Failure:
    """One error response: `text` may contain `{reason}`, `code` is the dialect's own number."""

    status: int
    text: str
    code: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def render(self, reason: str, headers: Mapping[str, str]) -> "Failure":
        """Return a copy with the reason in its text and further headers."""
        return replace(self, text=self.text.replace("{reason}", reason), headers={**self.headers, **headers})


class StandardError(Exception):
    """End the request with the dialect's failure for a standard case."""

    def __init__(self, case: StandardCase, reason: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{case}: {reason}")
        self.case = case
        self.reason = reason
        self.headers = headers or {}


class DialectError(Exception):
    """End the request with a failure that the dialect has chosen itself."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request before anything is parsed: path variables, raw query and body, headers and cookies.

    `client` is the network address that the request came from, if it is known.
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
    """Who sends a request: `actor` goes with it on the bus, `key` separates the idempotency keys of different callers.

    `details` is for the dialect: what its authentication found out, e.g. a session or a tenant. A caller whom the
    worker authenticates along with the request has `verify`: it is awaited only if wrong fields keep the request from
    being sent, so that a caller without valid credentials learns that first.
    """

    actor: str | None = None
    key: str = ""
    details: Any = None
    verify: Callable[[], Awaitable[Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRequest:
    """A request whose caller and fields are valid; `send` sends a request to the bus and returns the view."""

    raw: RawRequest
    caller: Caller
    values: Values
    send: Callable[[str, Values], Awaitable[Any]]


ParameterSource = Callable[[RawRequest], Values]
Authenticate = Callable[[RawRequest, "Endpoint"], Awaitable[Caller]]


def checked_values(request: CheckedRequest) -> Values:
    """The values of the checked fields."""
    return request.values


def pass_through(value: Any) -> Any:
    """Return the value as it is."""
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What OpenAPI needs to know about an endpoint beyond its fields.

    `response_schema` is the JSON Schema of what `write` returns, `response_example` one such value; it is sent as
    `response_media_type` ("" = no body), outside the dialect's success body if `unwrapped`. `problem_codes` are the
    codes of the bus that the endpoint can be refused with, `own_failures` those failures that it chooses itself.
    `request_schema` is for a body that is not a plain object of the endpoint's fields, `request_media_types` replaces
    the dialect's. `security` lists the security schemes that are needed together, None = any one of the dialect's.
    """

    summary: str = ""
    request_schema: Schema = field(default_factory=dict)
    request_example: Any = None
    request_media_types: tuple[str, ...] = ()
    response_schema: Schema = field(default_factory=dict)
    response_example: Any = None
    response_media_type: str = "application/json"
    success_status: int = 200
    unwrapped: bool = False
    problem_codes: tuple[str, ...] = ()
    own_failures: tuple[Failure, ...] = ()
    security: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the table: route, name of the bus request, fields, and how HTTP and bus translate into each other.

    `read` makes the bus request, `write` makes data of the view; a Starlette Response made by `write` is sent as it
    is, anything else in the dialect's success body. `refusals` maps problem codes where the endpoint
    differs from its dialect, `source` replaces the dialect's. `handle` replaces sending the one request and returns
    what `write` is given. A `public` endpoint needs no authentication, one that `sets_cookie` sets the dialect's.
    """

    method: str
    path: str
    request_name: str
    fields: tuple[InputField, ...] = ()
    read: Callable[[CheckedRequest], Values] = checked_values
    write: Callable[[Any], Any] = pass_through
    refusals: Mapping[str, Failure] = field(default_factory=dict)
    source: ParameterSource | None = None
    handle: Callable[[CheckedRequest], Awaitable[Any]] | None = None
    public: bool = False
    sets_cookie: bool = False
    doc: Doc = field(default_factory=Doc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The endpoints of a dialect and what they share.

    A request goes through `source` (finds the parameters), `authenticate` and `check` (makes values of parameters).
    `field_failure` renders a wrong field, `refusals` a problem code, `failures` the standard cases; `success_body` and
    `error_body` are the two shapes of a body. `cookie` names the cookie that holds a session, if there is one; then the
    failures include `CROSS_SITE`. A body is read before its caller is authenticated only where `credentials_in_body`
    says that it may tell who calls, or where its size has to be found out first. The OpenAPI document shows `title`,
    the `request_media_types` and the `security_schemes`.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    source: ParameterSource
    authenticate: Authenticate
    check: Callable[[tuple[InputField, ...], Values], Values]
    field_failure: Callable[[FieldError], Failure]
    refusals: Mapping[str, Failure]
    failures: Mapping[StandardCase, Failure]
    success_body: Callable[[Any], Any]
    error_body: Callable[[Failure], Any]
    cookie: str | None = None
    credentials_in_body: Callable[[RawRequest], bool] = lambda _: False
    title: str = ""
    request_media_types: tuple[str, ...] = ("application/json",)
    security_schemes: Mapping[str, Schema] = field(default_factory=dict)
