"""Endpoints of starcedu: the same for visitors and for tenants' users, except for what a sign-in returns."""

import re
from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response

from bridge.dialects.starcedu.authentication import COOKIE
from bridge.rest.body import FORM
from bridge.rest.checks import max_length, pattern, predicate, text
from bridge.rest.cookies import set_cookie_headers
from bridge.rest.dialect import CheckedRequest, Doc, Endpoint
from bridge.rest.fields import DescribedCheck, InputField, Schema, Values, schema_of
from bridge.rest.schema import TEXT, closed_object, constant
from contracts.auth import PasswordSet, SignedIn
from contracts.sessions import ResolvedSession
from contracts.types import is_email
from contracts.user_views import UserView

EMAIL = text(max_length(255), predicate(is_email, format="email"))
PASSWORD = text(pattern("[A-Za-z0-9]{6,20}"))


def _check_username(value: Any) -> str:
    email: str = EMAIL(value)
    return email.lower()


# Ids of 64 bits, all beyond those that users have here: no two people are shown with the same one.
FOREIGN_ID = re.compile("[1-9][0-9]{16,18}")
USERNAME = DescribedCheck(_check_username, schema_of(EMAIL))
SIGN_IN = (InputField("username", USERNAME, bus_name="login"), InputField("password", PASSWORD))
SIGN_UP = (InputField("username", USERNAME, bus_name="email"), InputField("password", PASSWORD))
CHANGE_PASSWORD = (InputField("old_password", PASSWORD), InputField("new_password", PASSWORD))
REMEMBER = InputField(
    "autoSignin", DescribedCheck(lambda value: value is True, {}), required=False, bus_name="remember"
)


def caller_command(request: CheckedRequest) -> Values:
    """The fields and the caller's credentials."""
    credentials: Values = request.caller.details
    return request.values | credentials


def password_command(request: CheckedRequest) -> Values:
    """The same with a new password, to which only this dialect's rules apply."""
    return caller_command(request) | {"password_rules": "dialect"}


async def sign_out(request: CheckedRequest) -> None:
    """End the caller's session if there is one."""
    if request.caller.details:
        await request.send("auth.sign_out", request.caller.details)


def cookie_response(secure: bool, message: str, bound_message: str, view: SignedIn) -> Response:
    """Sign a visitor in: the session is in the cookie; `bound_message` is for an account bound to an OAuth user."""
    seconds = view.session.lifetime if view.session.remembered else None
    headers = set_cookie_headers(COOKIE, view.token, secure=secure, seconds=seconds)
    return JSONResponse(user_body(bound_message if view.bound else message, view), headers=headers)


def token_response(message: str, view: SignedIn) -> Response:
    """Sign a tenant's user in: the token is in the body."""
    return JSONResponse({"data": _user(view.user) | {"token": view.token}, "message": message})


def user_body(message: str, view: SignedIn | PasswordSet | ResolvedSession) -> dict[str, Any]:
    """The user, without a token; one that was imported from starcedu keeps the id that it had there."""
    return {"data": _user(view.user), "message": message}


def _user(user: UserView) -> dict[str, Any]:
    kept = user.external_id if FOREIGN_ID.fullmatch(user.external_id or "") else None
    return {"id": kept or str(user.id), "username": user.username or user.email or user.telephone}


SIGNED_IN, SIGNED_UP = "authenticate successfully", "register successfully"
BOUND_IN, BOUND_UP = "authenticate and bind successfully", "bind and register successfully"
SIGNED_OUT = {"message": "user session reset"}
CREDENTIALS_EXAMPLE = {"username": "user@test.com", "password": "testpass"}
PASSWORDS_EXAMPLE = {"old_password": "oldpassword", "new_password": "newpassword"}
USER_EXAMPLE = {"id": "251795677628072963", "username": "user@test.com"}


def _doc(summary: str, *messages: str, codes: tuple[str, ...] = (), example: Any = None, token: bool = False) -> Doc:
    extra: dict[str, Schema] = {"token": TEXT} if token else {}
    data = closed_object(id=TEXT, username=TEXT, **extra)
    return Doc(
        summary=summary,
        request_example=example,
        request_media_types=("application/json", FORM) if example else (),
        response_schema=closed_object(data=data, message={"type": "string", "enum": list(messages)}),
        response_example={"data": USER_EXAMPLE | ({"token": "…"} if token else {}), "message": messages[0]},
        unwrapped=True,
        problem_codes=codes,
    )


def endpoints(secure: bool) -> tuple[Endpoint, ...]:
    """All endpoints; `secure` cookies are sent over HTTPS only."""
    return (*_visitor_endpoints("/api/local/user/", secure), *_tenant_endpoints("/api/tenant/user/"))


def _visitor_endpoints(at: str, secure: bool) -> tuple[Endpoint, ...]:
    sign_in = _doc(
        "Sign in; `autoSignin` true for 14 days", SIGNED_IN, BOUND_IN, example=CREDENTIALS_EXAMPLE,
        codes=("auth.bad_credentials", "auth.user_disabled", "identity.gone"),
    )  # fmt: skip
    sign_up = _doc(
        "Register and sign in", SIGNED_UP, BOUND_UP, example=CREDENTIALS_EXAMPLE,
        codes=("user.username_taken", "identity.gone"),
    )  # fmt: skip
    signed_in = partial(cookie_response, secure, SIGNED_IN, BOUND_IN)
    signed_up = partial(cookie_response, secure, SIGNED_UP, BOUND_UP)
    visitor = partial(Endpoint, sets_cookie=True)
    return (
        visitor("POST", at + "signin", "auth.sign_in", (*SIGN_IN, REMEMBER), caller_command, signed_in, doc=sign_in),
        visitor("POST", at + "signup", "auth.sign_up", SIGN_UP, password_command, signed_up, doc=sign_up),
        *_session_endpoints(at, "session.invalid"),
        _sign_out_endpoint(at, "Sign out"),
    )


def _tenant_endpoints(at: str) -> tuple[Endpoint, ...]:
    sign_in = _doc(
        "Sign a user in and get a token", SIGNED_IN, example=CREDENTIALS_EXAMPLE, token=True,
        codes=("tenant.invalid", "auth.bad_credentials", "auth.user_disabled"),
    )  # fmt: skip
    sign_up = _doc(
        "Register a user and get a token", SIGNED_UP, example=CREDENTIALS_EXAMPLE, token=True,
        codes=("tenant.invalid", "user.username_taken"),
    )  # fmt: skip
    signed_in, signed_up = partial(token_response, SIGNED_IN), partial(token_response, SIGNED_UP)
    codes = ("tenant.invalid", "session.invalid")
    return (
        Endpoint("POST", at + "signin", "auth.sign_in", SIGN_IN, caller_command, signed_in, doc=sign_in),
        Endpoint("POST", at + "signup", "auth.sign_up", SIGN_UP, password_command, signed_up, doc=sign_up),
        *_session_endpoints(at, *codes),
        _sign_out_endpoint(at, "End a token", *codes),
    )


def _session_endpoints(at: str, *codes: str) -> tuple[Endpoint, ...]:
    change_password = _doc(
        "Change the caller's password and end all its sessions", SIGNED_IN, example=PASSWORDS_EXAMPLE,
        codes=(*codes, "auth.bad_credentials"),
    )  # fmt: skip
    me = _doc("Read the caller's user", "success", codes=codes)
    return (
        Endpoint(
            "PUT", at + "update_password", "auth.change_password", CHANGE_PASSWORD, read=password_command,
            write=partial(user_body, SIGNED_IN), doc=change_password,
        ),
        Endpoint(
            "GET", at + "me", "session.resolve", read=caller_command, write=partial(user_body, "success"), doc=me
        ),
    )  # fmt: skip


def _sign_out_endpoint(at: str, summary: str, *codes: str) -> Endpoint:
    schema = closed_object(message=constant(SIGNED_OUT["message"]))
    doc = Doc(
        summary=summary, response_schema=schema, response_example=SIGNED_OUT, unwrapped=True, problem_codes=codes
    )  # fmt: skip
    return Endpoint("GET", at + "signout", "auth.sign_out", handle=sign_out, write=lambda _: SIGNED_OUT, doc=doc)
