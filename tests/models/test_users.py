"""The document of a user: what the short ways of making and storing it share with pydantic's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.users import TEXTS, Account, User

GIVEN: dict[str, Any] = {
    "id": 7,
    "explicit": False,
    "external_id": "7f",
    "disabled": 1,
    "password": "hash",
    "accounts": [Account(account_id=3, integration="lark", account="ou_1")],
    "role_ids": [1, 2],
    "group_ids": [],
    "usertype": "user",
    "email_verified": 1,
    "telephone_verified": 0,
    **dict.fromkeys(TEXTS, "Ada"),
}
BEFORE = datetime(2001, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "more", [{}, {"uuid": "df6af1d8-303e-41cd-84bb-86c3d1c42710", "created_at": BEFORE}], ids=["made", "given"]
)
def test_a_user_of_checked_values_is_the_one_that_the_constructor_makes(more: dict[str, Any]) -> None:
    user = User.from_checked(GIVEN | more)
    made = {name: getattr(user, name) for name in ("uuid", "epoch", "created_at", "updated_at")}
    constructed = User(**GIVEN | made)
    assert user.model_dump() == constructed.model_dump()
    assert user.model_fields_set == {*GIVEN, *more}
    assert user.updated_at > BEFORE
    assert more.items() <= made.items()


def test_users_of_checked_values_share_nothing() -> None:
    one, other = User.from_checked(GIVEN), User.from_checked(GIVEN | {"id": 8, "role_ids": []})
    assert one.uuid != other.uuid
    one.touch()
    other.role_ids.append(9)
    assert (one.role_ids, one.id, User(id=1).role_ids) == ([1, 2], 7, [])


def test_the_row_has_every_field_as_pydantic_dumps_it() -> None:
    user = User.from_checked(GIVEN)
    row = user.to_row()
    assert row | user.model_dump(by_alias=True) == row
    assert next(iter(row)) == "_id"
    assert "id" not in row
