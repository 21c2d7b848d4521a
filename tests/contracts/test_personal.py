"""Every text of an event is either personal, and blank in the plain events, or known not to be."""

from typing import Any, get_args

import pytest

from contracts.base import View
from contracts.catalog import EVENTS
from contracts.personal import blank_personal

# Names of things, marks of time, and what userbus itself makes up.
IMPERSONAL = frozenset(
    {"uuid", "usertype", "created_at", "updated_at", "expires_at", "resend_at", "locked_until", "last_used", "realm",
     "tenant_id", "code", "app_code", "name", "detail", "integration", "message_id", "app_id", "caller", "kind",
     "changed", "scopes", "id", "events", "host", "disabled_because"}
)  # fmt: skip


def texts(view: type[View]) -> set[str]:
    """The fields of a view and its parts that can hold a text and are not personal."""
    found: set[str] = set()
    for name, field in view.model_fields.items():
        parts = flatten(field.annotation)
        nested = [part for part in parts if isinstance(part, type) and issubclass(part, View)]
        if name not in view.personal:
            found |= {name} if str in parts or Any in parts else set()
            found = found.union(*map(texts, nested))
    return found


def flatten(annotation: Any) -> list[Any]:
    inner = get_args(annotation)
    return [part for each in inner for part in flatten(each)] if inner else [annotation]


@pytest.mark.parametrize("name", EVENTS)
def test_no_text_is_left_that_nobody_has_thought_about(name: str) -> None:
    assert texts(EVENTS[name]) <= IMPERSONAL, "name it in `personal` of its view, or here"


def test_names_and_addresses_of_people_are_blank_and_the_rest_stays() -> None:
    account = {"account_id": 1, "integration": "lark", "account": "ou_1"}
    user = {"id": 1, "uuid": "u", "name": "Ada", "email": "a@example.com", "accounts": [account], "root": 1}
    plain = blank_personal(EVENTS["account.bound"], user | {"account": account, "unknown": 1})
    blank = account | {"account": ""}
    kept = {"id": 1, "uuid": "u", "root": 1, "unknown": 1}
    assert plain == kept | {"name": None, "email": None, "accounts": [blank], "account": blank}


def test_a_role_keeps_its_name() -> None:
    assert blank_personal(EVENTS["role.created"], {"name": "Editors"}) == {"name": "Editors"}
