"""Login tokens of passport: sign in by e-mail address and password, sign out."""

from typing import Any

from bridge.dialects.passport.common import LINE, parameters, required_field
from bridge.rest.body import query_parameters
from bridge.rest.checks import max_length, predicate, require_printable, text
from bridge.rest.dialect import CheckedRequest, DialectError, Doc, Endpoint, Failure, RawRequest
from bridge.rest.fields import Values
from bridge.rest.schema import INTEGER, TRUE, closed_object
from bridge.rest.service_tokens import ACCESS_TOKEN, MAX_TOKEN, bearer_token
from contracts.auth import LONGEST_GUESS, SignedIn
from contracts.types import is_email

REALM = "passport"
TOKEN_UNKNOWN = Failure(200, "登录令牌失效，请重新登录！", 3000204)

LOGIN = (
    required_field(
        "email", text(require_printable, predicate(is_email, format="email"), max_length(255)), bus_name="login"
    ),
    required_field("password", text(require_printable, max_length(LONGEST_GUESS), trim=False)),
)
LOGOUT = (required_field(ACCESS_TOKEN, LINE, bus_name="token"),)


def login_command(request: CheckedRequest) -> Values:
    """Sign in; an earlier login token of the user ends."""
    return request.values | {"realm": REALM}


def login_token(view: SignedIn) -> dict[str, Any]:
    """The token and its lifetime in seconds."""
    return {"access_token": view.token, "expire": view.session.lifetime}


def logout_parameters(raw: RawRequest) -> Values:
    """The login token of the body, the query, the cookie or the bearer header, whichever comes first."""
    given = parameters(raw)
    if given.get(ACCESS_TOKEN) not in (None, ""):
        return given
    token = query_parameters(raw).get(ACCESS_TOKEN) or raw.cookies.get(ACCESS_TOKEN) or bearer_token(raw)
    return {ACCESS_TOKEN: token}


def logout_command(request: CheckedRequest) -> Values:
    """End the token; a text that cannot be one is unknown."""
    if len(request.values["token"]) > MAX_TOKEN:
        raise DialectError(TOKEN_UNKNOWN)
    return request.values | {"realm": REALM}


_LOGIN = Doc(
    summary="Sign in by e-mail address and password and get a login token",
    request_example={"email": "admin@gmail.com", "password": "secret-6"},
    response_schema=closed_object(access_token={"type": "string", "pattern": "^[0-9a-f]{32}$"}, expire=INTEGER),
    response_example={"access_token": "0123456789abcdef0123456789abcdef", "expire": 7200},
    problem_codes=("auth.bad_credentials", "auth.user_disabled"),
)
_LOGOUT = Doc(
    summary="End a login token",
    request_example={"access_token": "0123456789abcdef0123456789abcdef"},
    response_schema=TRUE,
    response_example=True,
    problem_codes=("session.invalid",),
)
ENDPOINTS = (
    Endpoint(
        "POST", "/v1/user/login", "auth.sign_in", LOGIN, read=login_command, write=login_token, public=True,
        doc=_LOGIN,
    ),
    Endpoint(
        "POST", "/v1/user/logout", "auth.sign_out", LOGOUT, source=logout_parameters, read=logout_command,
        write=lambda _: True, public=True, doc=_LOGOUT,
    ),
)  # fmt: skip
