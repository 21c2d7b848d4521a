"""foreseen's users: read, create, and ordered actions on their accounts."""

from typing import Any

from bridge.body import json_object, json_value
from bridge.dialect import Answer, Ask, Doc, Rejected, Request, Row
from bridge.dialects.foreseen.words import NAME, TEXT, USER_UNKNOWN
from bridge.fields import Fault, Field, Told, Values, among, checked, each, object_schema, record, schema_of, text
from bridge.schema import INTEGER, exactly, many
from bridge.schema import TEXT as SHOWN
from contracts.users import AccountView, UserView

MOST = 100

INTEGRATION = Field("integration", TEXT)
ACCOUNT = Field("account_id", TEXT, to="account", alias="account")
USER = (
    Field("username", NAME),
    Field("usertype", text(among("user", "group", "integration"))),
    Field("accounts", each(record(INTEGRATION, ACCOUNT), MOST), required=False),
)
ACTION = (Field("action", text(among("create", "update", "delete"))), INTEGRATION)


def _action(given: Any) -> Values:
    values: Values = record(*ACTION)(given)
    return values if values["action"] == "delete" else values | checked((ACCOUNT,), given)


ACTION_SCHEMA = object_schema(ACTION)
ACTION_SCHEMA["properties"]["account_id"] = schema_of(TEXT)
ACTIONS = each(Told(_action, ACTION_SCHEMA), MOST)
APPLY = (Field("accounts", ACTIONS, to="actions"),)


def actions(ask: Ask) -> Values:
    """The actions, as a list or in an object; faults of a bare list are told without a key before them."""
    given = json_value(ask.body)
    if not isinstance(given, list):
        return json_object(ask)
    try:
        ACTIONS(given)
    except Fault as fault:
        raise (fault if fault.at else fault.under("accounts")) from None
    return {"accounts": given}


def by_login(request: Request) -> Values:
    """The user whom the path names, by any login identifier; a text that no user can have is nobody."""
    try:
        return checked((Field("username", TEXT, to="login"),), request.ask.path) | request.values
    except Fault:
        raise Rejected(USER_UNKNOWN) from None


def user(view: UserView) -> dict[str, Any]:
    """A user as GET and POST answer it: `account_id` is our number."""
    accounts = [
        {"account_id": account.account_id, "integration": account.integration, "account": account.account}
        for account in _accounts(view)
    ]
    return {"user_id": view.id, "username": _name(view), "usertype": view.usertype, "accounts": accounts}


def changed(view: UserView) -> Answer:
    """A user as PUT answers it: bare, and `account_id` is the name at the integration."""
    accounts = [{"integration": account.integration, "account_id": account.account} for account in _accounts(view)]
    return Answer({"username": _name(view), "usertype": view.usertype, "accounts": accounts})


def _name(view: UserView) -> str | None:
    return view.username or view.email or view.telephone


def _accounts(view: UserView) -> list[AccountView]:
    return sorted(view.accounts, key=lambda account: account.account_id)


SHOWN_USER = exactly(
    user_id=INTEGER,
    username=SHOWN,
    usertype=SHOWN,
    accounts=many(exactly(account_id=INTEGER, integration=SHOWN, account=SHOWN)),
)
CHANGED_USER = exactly(
    username=SHOWN, usertype=SHOWN, accounts=many(exactly(integration=SHOWN, account_id=SHOWN))
)  # fmt: skip
GIVEN = {"integration": "lark", "account_id": "ou_1145141919810"}
EXAMPLE = {
    "user_id": 114514, "username": "example_user", "usertype": "user",
    "accounts": [{"account_id": 1919810, "integration": "lark", "account": "ou_1145141919810"}],
}  # fmt: skip
ASKED = [
    {"action": "delete", "integration": "slack"},
    {"action": "update", "integration": "dingtalk", "account_id": "1145141919810"},
    {"action": "create", "integration": "youtrack", "account_id": "1145141919810"},
]

GET = Doc(
    does="Read one user, by any login identifier", shows=SHOWN_USER, example=EXAMPLE, raises=("user.not_found",)
)  # fmt: skip
CREATE = Doc(
    does="Create a user, optionally with accounts",
    shows=SHOWN_USER,
    example=EXAMPLE,
    asks={"username": "example_user", "usertype": "user", "accounts": [GIVEN]},
    raises=("user.username_taken", "integration.not_found", "account.taken"),
)
PUT = Doc(
    does="Apply account actions in order, all or nothing",
    shows=CHANGED_USER,
    example={"username": "example_user", "usertype": "user", "accounts": [GIVEN]},
    bare=True,
    asks=ASKED,
    body={"oneOf": [schema_of(ACTIONS), object_schema(APPLY)]},
    raises=("user.not_found", "integration.not_found", "account.not_found", "account.taken"),
)
ROWS = (
    Row("GET", "/user/{username}", "user.get", read=by_login, write=user, doc=GET),
    Row("POST", "/user", "user.create", USER, write=user, doc=CREATE),
    Row("PUT", "/user/{username}", "account.apply", APPLY, source=actions, read=by_login, write=changed, doc=PUT),
)
