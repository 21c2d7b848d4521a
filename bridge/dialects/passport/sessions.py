"""passport's login tokens: a user signs in by e-mail address and password, and out again."""

from typing import Any

from bridge.body import query
from bridge.dialect import Ask, Doc, Failure, Rejected, Request, Row
from bridge.dialects.passport.words import LINE, parameters, required
from bridge.fields import Values, fits, longest, printable, text
from bridge.identity import LONGEST, bearer
from bridge.schema import INTEGER, exactly
from contracts.auth import LONGEST_GUESS, SignedIn
from contracts.types import is_email

REALM = "passport"
TOKEN_GONE = Failure(200, "登录令牌失效，请重新登录！", 3000204)

LOGIN = (
    required("email", text(printable, fits(is_email, format="email"), longest(255)), to="login"),
    required("password", text(printable, longest(LONGEST_GUESS), trim=False)),
)
LOGOUT = (required("access_token", LINE, to="token"),)


def sign_in(request: Request) -> Values:
    """Sign in; an earlier login token of the user ends."""
    return request.values | {"realm": REALM}


def signed_in(view: SignedIn) -> dict[str, Any]:
    """The token, and the seconds it lives."""
    return {"access_token": view.token, "expire": view.session.lifetime}


def presented(ask: Ask) -> Values:
    """The login token of body, query, cookie or Bearer header, whichever comes first."""
    given = parameters(ask)
    if given.get("access_token") not in (None, ""):
        return given
    return {"access_token": query(ask).get("access_token") or ask.cookies.get("access_token") or bearer(ask)}


def sign_out(request: Request) -> Values:
    """End the token; a text that is none is an unknown one."""
    if len(request.values["token"]) > LONGEST:
        raise Rejected(TOKEN_GONE)
    return request.values | {"realm": REALM}


_LOGIN = Doc(
    does="Sign in by e-mail address and password: a login token",
    shows=exactly(access_token={"type": "string", "pattern": "^[0-9a-f]{32}$"}, expire=INTEGER),
    example={"access_token": "0123456789abcdef0123456789abcdef", "expire": 7200},
    asks={"email": "admin@gmail.com", "password": "secret-6"},
    raises=("auth.bad_credentials",),
)
_LOGOUT = Doc(
    does="End a login token",
    shows={"const": True},
    example=True,
    asks={"access_token": "0123456789abcdef0123456789abcdef"},
    raises=("session.invalid",),
)
ROWS = (
    Row(
        "POST", "/v1/user/login", "auth.sign_in", LOGIN, read=sign_in, write=signed_in, open=True,
        headers={"Cache-Control": "no-store"}, doc=_LOGIN,
    ),
    Row(
        "POST", "/v1/user/logout", "auth.sign_out", LOGOUT, source=presented, read=sign_out, write=lambda _: True,
        open=True, doc=_LOGOUT,
    ),
)  # fmt: skip
