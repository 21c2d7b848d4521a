"""Users of usermgmt: registration, password reset, uniqueness, codes by SMS."""

from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response

from bridge.rest.checks import max_length, pattern, require_printable, text
from bridge.rest.dialect import CheckedRequest, Doc, Endpoint, Failure
from bridge.rest.fields import DescribedCheck, InputField, Values, schema_of
from bridge.rest.schema import BOOLEAN, TEXT, TRUE, array_of, closed_object
from contracts.auth import Registered
from contracts.user_queries import TakenView

USERNAME = text(max_length(255), pattern("[a-zA-Z][a-zA-Z0-9_]{5,29}"))
TELEPHONE = text(max_length(255), pattern("1[3-9][0-9]{9}"))
CODE = text(max_length(255), pattern("[0-9]{6}"))
PASSWORD = text(
    max_length(18),
    require_printable,
    pattern(r"""(?=.*[A-Za-z])(?=.*[0-9])(?=.*[~!@#$%^&*()_+\-={}:";<>?,./]).{6,}"""),
    trim=False,
)
LINE = text(max_length(255), require_printable)


def _check_line_or_blank(value: Any) -> str:
    line: str = "" if isinstance(value, str) and not value.strip() else LINE(value)
    return line


LINE_OR_BLANK = DescribedCheck(_check_line_or_blank, schema_of(LINE) | {"minLength": 0})

REGISTER = (
    InputField("username", USERNAME),
    InputField("company", text(max_length(50), require_printable)),
    InputField("gender", text(max_length(10), require_printable)),
    InputField("telephone", TELEPHONE),
    InputField("password", PASSWORD),
    InputField("verificationCode", CODE, required=False, bus_name="code"),
)
RESET = (
    InputField("telephone", TELEPHONE),
    InputField("newPassword", PASSWORD, bus_name="new_password"),
    InputField("verificationCode", CODE, bus_name="code"),
)
UNIQUENESS = (InputField("username", LINE_OR_BLANK), InputField("telephone", LINE_OR_BLANK))
SMS = (InputField("telephone", TELEPHONE),)


def password_command(request: CheckedRequest) -> Values:
    """The fields, with a password to which only this dialect's rules apply."""
    return request.values | {"password_rules": "dialect"}


def uniqueness_query(request: CheckedRequest) -> Values:
    """The values that are not blank: a blank one is never taken."""
    return {key: value for key, value in request.values.items() if value}


def sms_command(request: CheckedRequest) -> Values:
    """The number and the client's address: both limit how many codes are sent."""
    return request.values | ({"client_address": request.raw.client} if request.raw.client else {})


def registration_response(view: Registered) -> Response:
    """The new user with its roles."""
    user = view.user
    fields = {"username": user.username, "company": user.company, "gender": user.gender, "telephone": user.telephone}
    permissions = [{"platform": granted.platform, "role": granted.role} for granted in view.permissions]
    return JSONResponse(fields | {"userId": user.uuid, "permissions": permissions}, 201)


def uniqueness(view: TakenView) -> dict[str, bool]:
    """True means taken; `password` is the documented name for the telephone in this response."""
    telephone = bool(view.telephone)
    return {"username": bool(view.username), "telephone": telephone, "password": telephone}


def success(_view: Any) -> bool:
    """The data of endpoints that return nothing else."""
    return True


RESET_REFUSALS = {
    "sms.disabled": Failure(403, "SMS is not enabled"),
    "user.not_found": Failure(403, "Telephone not exist"),
}
USER_EXAMPLE = {"username": "TestUser1", "company": "company", "gender": "male", "telephone": "13812345678"}
REGISTERED_EXAMPLE = USER_EXAMPLE | {
    "userId": "37423702-051a-46b4-bf2b-f190759cc0b8",
    "permissions": [{"platform": "APPSTORE", "role": "GUEST"}],
}
REGISTERED_SCHEMA = closed_object(
    **dict.fromkeys([*USER_EXAMPLE, "userId"], TEXT), permissions=array_of(closed_object(platform=TEXT, role=TEXT))
)

REGISTER_DOC = Doc(
    summary="Register; while SMS is enabled, the code sent to the telephone is required",
    request_example=USER_EXAMPLE | {"password": "123.qwe", "verificationCode": "123456"},
    response_schema=REGISTERED_SCHEMA,
    response_example=REGISTERED_EXAMPLE,
    success_status=201,
    unwrapped=True,
    problem_codes=("user.telephone_taken", "user.username_taken", "sms.code_wrong"),
)
RESET_DOC = Doc(
    summary="Reset a password by SMS code and end all sessions of the user",
    request_example={"telephone": "13812345678", "newPassword": "123.qwe", "verificationCode": "123456"},
    response_schema=TRUE,
    response_example=True,
    problem_codes=("sms.disabled", "user.not_found", "sms.code_wrong"),
)
UNIQUENESS_DOC = Doc(
    summary="Check whether username and telephone are taken; `password` always equals `telephone`",
    request_example={"username": "TestUser1", "telephone": "13812345678"},
    response_schema=closed_object(username=BOOLEAN, telephone=BOOLEAN, password=BOOLEAN),
    response_example={"username": True, "telephone": False, "password": False},
)
SMS_DOC = Doc(
    summary="Send a code to a telephone",
    request_example={"telephone": "15191881159"},
    response_schema=TRUE,
    response_example=True,
    problem_codes=("sms.disabled", "sms.too_soon", "sms.too_many", "sms.number_refused", "sms.not_sent"),
)

_reset_endpoint = partial(
    Endpoint, request_name="auth.reset_password", fields=RESET, read=password_command, write=success,
    refusals=RESET_REFUSALS, doc=RESET_DOC,
)  # fmt: skip
_uniqueness_endpoint = partial(
    Endpoint, request_name="user.check_taken", fields=UNIQUENESS, read=uniqueness_query, write=uniqueness,
    doc=UNIQUENESS_DOC,
)  # fmt: skip
ENDPOINTS = (
    Endpoint(
        "POST", "/v1/users", "auth.register", REGISTER, read=password_command, write=registration_response,
        doc=REGISTER_DOC,
    ),
    _reset_endpoint("PUT", "/password"),
    _reset_endpoint("PUT", "/v1/users/password"),
    _uniqueness_endpoint("POST", "/action/uniqueness"),
    _uniqueness_endpoint("POST", "/v1/users/action/uniqueness"),
    Endpoint("POST", "/v1/identity/sms", "sms.send_code", SMS, read=sms_command, write=success, doc=SMS_DOC),
)  # fmt: skip
