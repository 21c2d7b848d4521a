"""Users of foreseen: read, create, and apply actions to their accounts."""

from typing import Any

from starlette.responses import JSONResponse, Response

from bridge.dialects.foreseen.common import LINE, USER_UNKNOWN, USERNAME
from bridge.rest.body import json_object, json_value
from bridge.rest.checks import list_of, object_of, one_of, text
from bridge.rest.dialect import CheckedRequest, DialectError, Doc, Endpoint, RawRequest
from bridge.rest.fields import (
    DescribedCheck,
    FieldError,
    InputField,
    Values,
    check_fields,
    object_schema,
    schema_of,
)
from bridge.rest.schema import INTEGER, TEXT, array_of, closed_object
from contracts.user_views import AccountView, UserView

MAX_ACCOUNTS = 100

INTEGRATION = InputField("integration", LINE)
ACCOUNT = InputField("account_id", LINE, bus_name="account", alias="account")
USER = (
    InputField("username", USERNAME),
    InputField("usertype", text(one_of("user", "group", "integration"))),
    InputField("accounts", list_of(object_of(INTEGRATION, ACCOUNT), MAX_ACCOUNTS), required=False),
)
ACTION = (InputField("action", text(one_of("create", "update", "delete"))), INTEGRATION)


def _check_action(value: Any) -> Values:
    action: Values = object_of(*ACTION)(value)
    return action if action["action"] == "delete" else action | check_fields((ACCOUNT,), value)


ACTION_SCHEMA = object_schema(ACTION)
ACTION_SCHEMA["properties"]["account_id"] = schema_of(LINE)
ACTIONS = list_of(DescribedCheck(_check_action, ACTION_SCHEMA), MAX_ACCOUNTS)
APPLY = (InputField("accounts", ACTIONS, bus_name="actions"),)


def action_parameters(raw: RawRequest) -> Values:
    """The actions, as a list or in an object; the paths of errors in a bare list begin with the index."""
    value = json_value(raw.body)
    if not isinstance(value, list):
        return json_object(raw)
    try:
        ACTIONS(value)
    except FieldError as error:
        raise (error if error.path else error.nest_under("accounts")) from None
    return {"accounts": value}


def path_login_and_fields(request: CheckedRequest) -> Values:
    """The login identifier in the path and the fields; an identifier that no user can have is unknown."""
    try:
        return check_fields((InputField("username", LINE, bus_name="login"),), request.raw.path) | request.values
    except FieldError:
        raise DialectError(USER_UNKNOWN) from None


def user(view: UserView) -> dict[str, Any]:
    """A user as GET and POST return it: `account_id` is our number."""
    accounts = [
        {"account_id": account.account_id, "integration": account.integration, "account": account.account}
        for account in _sorted_accounts(view)
    ]
    return {"user_id": view.id, "username": _display_name(view), "usertype": view.usertype, "accounts": accounts}


def user_response(view: UserView) -> Response:
    """A user as PUT returns it: not wrapped, and `account_id` is the name in the integration."""
    accounts = [
        {"integration": account.integration, "account_id": account.account} for account in _sorted_accounts(view)
    ]
    return JSONResponse({"username": _display_name(view), "usertype": view.usertype, "accounts": accounts})


def _display_name(view: UserView) -> str | None:
    return view.username or view.email or view.telephone


def _sorted_accounts(view: UserView) -> list[AccountView]:
    return sorted(view.accounts, key=lambda account: account.account_id)


USER_SCHEMA = closed_object(
    user_id=INTEGER,
    username=TEXT,
    usertype=TEXT,
    accounts=array_of(closed_object(account_id=INTEGER, integration=TEXT, account=TEXT)),
)
USER_RESPONSE_SCHEMA = closed_object(
    username=TEXT, usertype=TEXT, accounts=array_of(closed_object(integration=TEXT, account_id=TEXT))
)  # fmt: skip
ACCOUNT_EXAMPLE = {"integration": "lark", "account_id": "ou_1145141919810"}
USER_EXAMPLE = {
    "user_id": 114514, "username": "example_user", "usertype": "user",
    "accounts": [{"account_id": 1919810, "integration": "lark", "account": "ou_1145141919810"}],
}  # fmt: skip
ACTIONS_EXAMPLE = [
    {"action": "delete", "integration": "slack"},
    {"action": "update", "integration": "dingtalk", "account_id": "1145141919810"},
    {"action": "create", "integration": "youtrack", "account_id": "1145141919810"},
]

GET_DOC = Doc(
    summary="Read a user by any login identifier",
    response_schema=USER_SCHEMA,
    response_example=USER_EXAMPLE,
    problem_codes=("user.not_found",),
)
CREATE_DOC = Doc(
    summary="Create a user, optionally with accounts",
    request_example={"username": "example_user", "usertype": "user", "accounts": [ACCOUNT_EXAMPLE]},
    response_schema=USER_SCHEMA,
    response_example=USER_EXAMPLE,
    problem_codes=("user.username_mixed", "user.username_taken", "integration.not_found", "account.taken"),
)
APPLY_DOC = Doc(
    summary="Apply account actions in order, all or nothing",
    request_schema={"oneOf": [schema_of(ACTIONS), object_schema(APPLY)]},
    request_example=ACTIONS_EXAMPLE,
    response_schema=USER_RESPONSE_SCHEMA,
    response_example={"username": "example_user", "usertype": "user", "accounts": [ACCOUNT_EXAMPLE]},
    unwrapped=True,
    problem_codes=("user.not_found", "integration.not_found", "account.not_found", "account.taken"),
)
ENDPOINTS = (
    Endpoint("GET", "/user/{username}", "user.get", read=path_login_and_fields, write=user, doc=GET_DOC),
    Endpoint("POST", "/user", "user.create", USER, write=user, doc=CREATE_DOC),
    Endpoint(
        "PUT", "/user/{username}", "account.apply", APPLY, source=action_parameters, read=path_login_and_fields,
        write=user_response, doc=APPLY_DOC,
    ),
)  # fmt: skip
