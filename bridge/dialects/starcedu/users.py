"""starcedu's calls, the same for visitors and for tenants' users but for what a sign-in hands out."""

from functools import partial
from typing import Any

from bridge.body import FORM
from bridge.cookies import NO_STORE, kept
from bridge.dialect import Answer, Doc, Request, Row
from bridge.dialects.starcedu.doors import COOKIE
from bridge.fields import Field, Schema, Told, Values, fits, longest, matches, schema_of, text
from bridge.schema import TEXT, exactly
from contracts.auth import PasswordSet, SignedIn
from contracts.sessions import ResolvedSession
from contracts.types import is_email
from contracts.users import UserView

EMAIL = text(longest(255), fits(is_email, format="email"))
PASSWORD = text(matches("[A-Za-z0-9]{6,20}"))


def _address(value: Any) -> str:
    checked: str = EMAIL(value)
    return checked.lower()


ADDRESS = Told(_address, schema_of(EMAIL))
SIGN_IN = (Field("username", ADDRESS, to="login"), Field("password", PASSWORD))
SIGN_UP = (Field("username", ADDRESS, to="email"), Field("password", PASSWORD))
CHANGE = (Field("old_password", PASSWORD), Field("new_password", PASSWORD))
REMEMBER = Field("autoSignin", Told(lambda value: value is True, {}), required=False, to="remember")


def as_caller(request: Request) -> Values:
    """The fields, and what the guard says is presented."""
    presented: Values = request.caller.details
    return request.values | presented


def new_password(request: Request) -> Values:
    """The same, with a password that this dialect's own rules have let pass."""
    return as_caller(request) | {"password_rules": "dialect"}


async def sign_out(request: Request) -> None:
    """End what is presented, if anything is."""
    if request.caller.details:
        await request.send("auth.sign_out", request.caller.details)


def visitor(secure: bool, plain: str, bound: str, view: SignedIn) -> Answer:
    """A visitor is signed in: the session goes into the cookie."""
    seconds = view.session.lifetime if view.session.remembered else None
    headers = kept(COOKIE, view.token, secure=secure, seconds=seconds)
    return Answer({"data": _shown(view.user), "message": bound if view.bound else plain}, headers=headers)


def guest(message: str, view: SignedIn) -> Answer:
    """A tenant's user is signed in: the token goes into the answer."""
    return Answer({"data": _shown(view.user) | {"token": view.token}, "message": message}, headers=NO_STORE)


def told(message: str, view: PasswordSet | ResolvedSession) -> dict[str, Any]:
    """The user, and no token."""
    return {"data": _shown(view.user), "message": message}


def _shown(user: UserView) -> dict[str, Any]:
    return {"id": str(user.id), "username": user.username or user.email or user.telephone}


SIGNED_IN, SIGNED_UP = "authenticate successfully", "register successfully"
BOUND_IN, BOUND_UP = "authenticate and bind successfully", "bind and register successfully"
BYE = {"message": "user session reset"}
ASKS = {"username": "user@test.com", "password": "testpass"}
ASKS_CHANGE = {"old_password": "oldpassword", "new_password": "newpassword"}
EXAMPLE = {"id": "251795677628072963", "username": "user@test.com"}


def _doc(does: str, *messages: str, raises: tuple[str, ...] = (), asks: Any = None, token: bool = False) -> Doc:
    extra: dict[str, Schema] = {"token": TEXT} if token else {}
    example = {"data": EXAMPLE | ({"token": "…"} if token else {}), "message": messages[0]}
    shows = exactly(data=exactly(id=TEXT, username=TEXT, **extra), message={"enum": list(messages)})
    media = ("application/json", FORM) if asks else ()
    return Doc(does=does, shows=shows, example=example, bare=True, raises=raises, asks=asks, media=media)


def rows(secure: bool) -> tuple[Row, ...]:
    """The route table; `secure` cookies are for HTTPS only."""
    return (*_visitors("/api/local/user/", secure), *_guests("/api/tenant/user/"))


def _visitors(at: str, secure: bool) -> tuple[Row, ...]:
    signed_in, signed_up = partial(visitor, secure, SIGNED_IN, BOUND_IN), partial(visitor, secure, SIGNED_UP, BOUND_UP)
    wrong, taken = ("auth.bad_credentials", "identity.gone"), ("user.username_taken", "identity.gone")
    enter = _doc("Sign in; `autoSignin` true for 14 days", SIGNED_IN, BOUND_IN, raises=wrong, asks=ASKS)
    join = _doc("Register and sign in", SIGNED_UP, BOUND_UP, raises=taken, asks=ASKS)
    fields = (*SIGN_IN, REMEMBER)
    return (
        Row("POST", at + "signin", "auth.sign_in", fields, read=as_caller, write=signed_in, doc=enter),
        Row("POST", at + "signup", "auth.sign_up", SIGN_UP, read=new_password, write=signed_up, doc=join),
        *_signed_in(at, "session.invalid"),
        Row("GET", at + "signout", "auth.sign_out", call=sign_out, write=lambda _: BYE, doc=_bye("Sign out")),
    )


def _guests(at: str) -> tuple[Row, ...]:
    signed_in, signed_up = partial(guest, SIGNED_IN), partial(guest, SIGNED_UP)
    wrong, taken = ("tenant.invalid", "auth.bad_credentials"), ("tenant.invalid", "user.username_taken")
    enter = _doc("Sign a user in and get a token", SIGNED_IN, raises=wrong, asks=ASKS, token=True)
    join = _doc("Register a user and get a token", SIGNED_UP, raises=taken, asks=ASKS, token=True)
    bad = ("tenant.invalid", "session.invalid")
    return (
        Row("POST", at + "signin", "auth.sign_in", SIGN_IN, read=as_caller, write=signed_in, doc=enter),
        Row("POST", at + "signup", "auth.sign_up", SIGN_UP, read=new_password, write=signed_up, doc=join),
        *_signed_in(at, *bad),
        Row("GET", at + "signout", "auth.sign_out", call=sign_out, write=lambda _: BYE, doc=_bye("End a token", *bad)),
    )


def _signed_in(at: str, *bad: str) -> tuple[Row, ...]:
    raises = (*bad, "auth.bad_credentials")
    change = _doc("Change the own password; every session ends", SIGNED_IN, raises=raises, asks=ASKS_CHANGE)
    changed, told_me = partial(told, SIGNED_IN), partial(told, "success")
    me = _doc("Who am I?", "success", raises=bad)
    return (
        Row("PUT", at + "update_password", "auth.change_password", CHANGE, new_password, changed, doc=change),
        Row("GET", at + "me", "session.resolve", read=as_caller, write=told_me, doc=me),
    )


def _bye(does: str, *raises: str) -> Doc:
    return Doc(does=does, shows=exactly(message={"const": BYE["message"]}), example=BYE, bare=True, raises=raises)
