"""usermgmt's users: registration, password reset, uniqueness, codes by SMS."""

from functools import partial
from typing import Any

from bridge.dialect import Answer, Doc, Failure, Request, Row
from bridge.fields import Field, Told, Values, longest, matches, printable, schema_of, text
from bridge.schema import TEXT, TRUE, exactly, many
from contracts.auth import Registered
from contracts.users import TakenView

USERNAME = text(longest(255), matches("[a-zA-Z][a-zA-Z0-9_]{5,29}"))
TELEPHONE = text(longest(255), matches("1[3-9][0-9]{9}"))
CODE = text(longest(255), matches("[0-9]{6}"))
PASSWORD = text(
    longest(18),
    printable,
    matches(r"""(?=.*[A-Za-z])(?=.*[0-9])(?=.*[~!@#$%^&*()_+\-={}:";<>?,./]).{6,}"""),
    trim=False,
)
LINE = text(longest(255), printable)


def _line_or_blank(value: Any) -> str:
    line: str = "" if isinstance(value, str) and not value.strip() else LINE(value)
    return line


ANY = Told(_line_or_blank, schema_of(LINE) | {"minLength": 0})

REGISTER = (
    Field("username", USERNAME),
    Field("company", text(longest(50), printable)),
    Field("gender", text(longest(10), printable)),
    Field("telephone", TELEPHONE),
    Field("password", PASSWORD),
    Field("verificationCode", CODE, required=False, to="code"),
)
RESET = (
    Field("telephone", TELEPHONE),
    Field("newPassword", PASSWORD, to="new_password"),
    Field("verificationCode", CODE, to="code"),
)
UNIQUENESS = (Field("username", ANY), Field("telephone", ANY))
SMS = (Field("telephone", TELEPHONE),)


def new_password(request: Request) -> Values:
    """The fields, with a password that this dialect's own rules have let pass."""
    return request.values | {"password_rules": "dialect"}


def not_blank(request: Request) -> Values:
    """What could be somebody's: a blank value is nobody's."""
    return {key: value for key, value in request.values.items() if value}


def from_client(request: Request) -> Values:
    """The number, and the address that asks, since senders are limited by both."""
    return request.values | ({"client_address": request.ask.client} if request.ask.client else {})


def registered(view: Registered) -> Answer:
    """The new user with its roles."""
    user = view.user
    shown = {"username": user.username, "company": user.company, "gender": user.gender, "telephone": user.telephone}
    permissions = [{"platform": granted.platform, "role": granted.role} for granted in view.permissions]
    return Answer(shown | {"userId": user.uuid, "permissions": permissions}, 201)


def taken(view: TakenView) -> dict[str, bool]:
    """True is taken; `password` is what the seed calls the telephone in this answer."""
    telephone = bool(view.telephone)
    return {"username": bool(view.username), "telephone": telephone, "password": telephone}


def done(_view: Any) -> bool:
    """The answer of calls that show nothing."""
    return True


RESET_REFUSALS = {
    "sms.disabled": Failure(403, "SMS is not enabled"),
    "user.not_found": Failure(403, "Telephone not exist"),
}
PERSON = {"username": "TestUser1", "company": "company", "gender": "male", "telephone": "13812345678"}
EXAMPLE = PERSON | {
    "userId": "37423702-051a-46b4-bf2b-f190759cc0b8",
    "permissions": [{"platform": "APPSTORE", "role": "GUEST"}],
}
BOOLEAN = {"type": "boolean"}

REGISTER_DOC = Doc(
    does="Register; while SMS is on, the telephone's code is needed",
    shows=exactly(**dict.fromkeys([*PERSON, "userId"], TEXT), permissions=many(exactly(platform=TEXT, role=TEXT))),
    example=EXAMPLE,
    bare=True,
    status=201,
    raises=("user.telephone_taken", "user.username_taken", "sms.code_wrong"),
    asks=PERSON | {"password": "123.qwe", "verificationCode": "123456"},
)
RESET_DOC = Doc(
    does="Reset a password by SMS code; every session ends",
    shows=TRUE,
    example=True,
    raises=("sms.disabled", "user.not_found", "sms.code_wrong"),
    asks={"telephone": "13812345678", "newPassword": "123.qwe", "verificationCode": "123456"},
)
UNIQUENESS_DOC = Doc(
    does="Are they taken? `password` always equals `telephone`",
    shows=exactly(username=BOOLEAN, telephone=BOOLEAN, password=BOOLEAN),
    example={"username": True, "telephone": False, "password": False},
    asks={"username": "TestUser1", "telephone": "13812345678"},
)
SMS_DOC = Doc(
    does="Send a code to a telephone",
    shows=TRUE,
    example=True,
    raises=("sms.disabled", "sms.too_soon", "sms.too_many", "sms.not_sent"),
    asks={"telephone": "15191881159"},
)

_reset = partial(
    Row, name="auth.reset_password", fields=RESET, read=new_password, write=done, refusals=RESET_REFUSALS, doc=RESET_DOC
)
_unique = partial(
    Row, name="user.check_taken", fields=UNIQUENESS, read=not_blank, write=taken, doc=UNIQUENESS_DOC
)  # fmt: skip
ROWS = (
    Row("POST", "/v1/users", "auth.register", REGISTER, read=new_password, write=registered, doc=REGISTER_DOC),
    _reset("PUT", "/password"),
    _reset("PUT", "/v1/users/password"),
    _unique("POST", "/action/uniqueness"),
    _unique("POST", "/v1/users/action/uniqueness"),
    Row("POST", "/v1/identity/sms", "sms.send_code", SMS, read=from_client, write=done, doc=SMS_DOC),
)
