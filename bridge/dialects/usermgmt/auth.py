"""Login and logout of usermgmt."""

from functools import partial
from typing import Any

from starlette.responses import PlainTextResponse, Response

from bridge.rest.body import FORM
from bridge.rest.checks import max_length, require_printable, text
from bridge.rest.cookies import cookie_value, set_cookie_headers
from bridge.rest.dialect import CheckedRequest, Doc, Endpoint
from bridge.rest.fields import InputField, Values
from bridge.rest.forms import MULTIPART, form_fields
from bridge.rest.schema import constant
from contracts.auth import LONGEST_GUESS, SignedIn

COOKIE = "AUTHSERVERSESSIONID"
REALM = "usermgmt"

MAX_INPUT = max_length(LONGEST_GUESS)
LOGIN = (
    InputField("username", text(MAX_INPUT, require_printable), bus_name="login"),
    InputField("password", text(MAX_INPUT, require_printable, trim=False)),
)


async def log_out(request: CheckedRequest) -> None:
    """End the session if there is one."""
    token = cookie_value(request.raw, COOKIE)
    if token:
        await request.send("auth.sign_out", {"token": token, "realm": REALM})


def logout_response(secure: bool, _view: Any) -> Response:
    """Remove the cookie."""
    return PlainTextResponse("Succeed", headers=set_cookie_headers(COOKIE, "", secure=secure, seconds=0))


def login_command(request: CheckedRequest) -> Values:
    """The form, and the session that the new one replaces."""
    token = cookie_value(request.raw, COOKIE)
    return request.values | {"realm": REALM} | ({"session": token} if token else {})


def login_response(secure: bool, view: SignedIn) -> Response:
    """Set the cookie; no body."""
    return Response(None, headers=set_cookie_headers(COOKIE, view.token, secure=secure))


LOGOUT_DOC = Doc(
    summary="Log out, also without a session",
    response_schema=constant("Succeed"),
    response_example="Succeed",
    response_media_type="text/plain",
    unwrapped=True,
)
LOGIN_DOC = Doc(
    summary="Log in by username, telephone or e-mail address and get the session in a cookie",
    request_example={"username": "TestUser1", "password": "123.qwe"},
    request_media_types=(FORM, MULTIPART),
    response_media_type="",
    unwrapped=True,
    problem_codes=("auth.locked", "auth.user_disabled", "auth.bad_credentials"),
)


def endpoints(secure: bool) -> tuple[Endpoint, ...]:
    """The endpoints; `secure` cookies are sent over HTTPS only."""
    login = partial(
        Endpoint, request_name="auth.sign_in", fields=LOGIN, source=form_fields, read=login_command,
        write=partial(login_response, secure), sets_cookie=True, doc=LOGIN_DOC,
    )  # fmt: skip
    logged_out = partial(logout_response, secure)
    return (
        Endpoint(
            "GET", "/auth/logout", "auth.sign_out", handle=log_out, write=logged_out, sets_cookie=True, doc=LOGOUT_DOC
        ),
        login("POST", "/auth/login"),
        login("POST", "/login"),
    )
