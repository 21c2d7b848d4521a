"""A user of passport: times in the configured zone, roles."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bridge.dialects.passport import users
from contracts.types import Flag
from contracts.user_views import RoleOfUser, UserView

MOMENT = datetime(2020, 8, 27, 17, 8, 8, tzinfo=UTC)


def view(*roles: RoleOfUser) -> UserView:
    return UserView(id=1, uuid="u", roles=list(roles), created_at=MOMENT, updated_at=MOMENT, revision=1)


def role(number: int, name: str, admin: Flag) -> RoleOfUser:
    return RoleOfUser(id=number, app_id=1, app_code="PASSPORT", code="R", name=name, admin=admin, sort=1, status=1)


def test_times_are_in_the_services_zone() -> None:
    assert users.user(ZoneInfo("UTC"), view())["ctime"] == "2020-08-27 17:08:08"
    assert users.user(ZoneInfo("Asia/Shanghai"), view())["mtime"] == "2020-08-28 01:08:08"


def test_roles_are_shown_in_the_order_of_the_view() -> None:
    assert users.user(ZoneInfo("UTC"), view(role(9, "超级管理员", 1), role(2, "b", 0)))["role_list"] == [
        {"user_id": 1, "role_id": 9, "name": "超级管理员", "admin": 1},
        {"user_id": 1, "role_id": 2, "name": "b", "admin": 0},
    ]


def test_a_user_without_roles_has_an_empty_list() -> None:
    assert users.user(ZoneInfo("UTC"), view())["role_list"] == []
