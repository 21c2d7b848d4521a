"""usermgmt's login and logout."""

from functools import partial
from typing import Any

from bridge.body import FORM
from bridge.cookies import kept, presented
from bridge.dialect import Answer, Doc, Request, Row
from bridge.fields import Field, Values, longest, printable, text
from bridge.forms import MULTIPART, form
from contracts.auth import LONGEST_GUESS, SignedIn

COOKIE = "AUTHSERVERSESSIONID"
REALM = "usermgmt"

GUESS = longest(LONGEST_GUESS)
LOGIN = (Field("username", text(GUESS, printable), to="login"), Field("password", text(GUESS, printable, trim=False)))


async def log_out(request: Request) -> None:
    """End the session, if there is one."""
    token = presented(request.ask, COOKIE)
    if token:
        await request.send("auth.sign_out", {"token": token, "realm": REALM})


def gone(secure: bool, _view: Any) -> Answer:
    """The cookie is removed."""
    return Answer(b"Succeed", headers=kept(COOKIE, "", secure=secure, seconds=0), media="text/plain")


def signing_in(request: Request) -> Values:
    """The form, and the session that a new one replaces."""
    token = presented(request.ask, COOKIE)
    return request.values | {"realm": REALM} | ({"session": token} if token else {})


def signed_in(secure: bool, view: SignedIn) -> Answer:
    """Nothing but the cookie."""
    return Answer(None, headers=kept(COOKIE, view.token, secure=secure))


LOGOUT_DOC = Doc(
    does="Log out, also without a session", shows={"const": "Succeed"}, example="Succeed", bare=True,
    answers="text/plain",
)  # fmt: skip
LOGIN_DOC = Doc(
    does="Log in by username, telephone or e-mail; the session is in the cookie",
    bare=True,
    answers="",
    raises=("auth.locked", "auth.bad_credentials"),
    asks={"username": "TestUser1", "password": "123.qwe"},
    media=(FORM, MULTIPART),
)


def rows(secure: bool) -> tuple[Row, ...]:
    """The route table; `secure` cookies are for HTTPS only."""
    log_in = partial(Row, name="auth.sign_in", fields=LOGIN, source=form, read=signing_in, doc=LOGIN_DOC)
    opened, closed = partial(signed_in, secure), partial(gone, secure)
    return (
        Row("GET", "/auth/logout", "auth.sign_out", call=log_out, write=closed, doc=LOGOUT_DOC),
        log_in("POST", "/auth/login", write=opened),
        log_in("POST", "/login", write=opened),
    )
