"""Roles of passport on the whole stack."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.client import Client
from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, NOT_TEXTS, long_text
from tests.support.passport import BAD, CREATE, UPDATE, assert_refused, create_user, find_user, person, post

ROLE = "/v1/role/"
KEYS = ["id", "name", "admin", "status", "sort", "mtime", "ctime", "permission_list", "menu_list"]
UNKNOWN = (3000001, "角色不存在！")
PROTECTED = (3000002, "超级管理员不允许修改！")
TAKEN = (3000003, "角色名称已存在！")
STATUS = (30001, "status 参数错误！")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def new_name() -> str:
    return f"role {uuid4().hex[:10]}"


async def create_role(http: httpx.AsyncClient, **fields: Any) -> int:
    answer = await post(http, ROLE + "create", {"name": new_name(), **fields})
    assert (answer["code"], answer["msg"]) == (0, "")
    number: int = answer["data"]
    return number


async def find_role(http: httpx.AsyncClient, number: Any) -> Any:
    return (await http.get(ROLE + "find", params={"id": number})).json()


async def create_admin_role(client: Client) -> dict[str, Any]:
    made: dict[str, Any] = await client.done("role.create", {"name": new_name(), "admin": 1})
    return made


async def test_a_role_is_made_read_changed_deleted_and_restored(http: httpx.AsyncClient) -> None:
    number = await create_role(http, name=" editor x ", sort="7")
    shown = (await find_role(http, number))["data"]
    assert list(shown) == KEYS
    assert (shown["id"], shown["name"], shown["admin"], shown["status"], shown["sort"]) == (number, "editor x", 0, 1, 7)
    assert (shown["permission_list"], shown["menu_list"]) == ([], [])
    assert TIME.fullmatch(shown["mtime"])
    assert TIME.fullmatch(shown["ctime"])
    renamed = new_name()
    assert await post(http, ROLE + "update", {"id": number, "name": renamed}) == {"code": 0, "msg": "", "data": True}
    changed = (await find_role(http, number))["data"]
    assert (changed["name"], changed["sort"]) == (renamed, 7)
    for status in (-1, "-1"):
        assert (await post(http, ROLE + "update_field", {"id": number, "status": status}))["data"] == 1
    assert await find_role(http, number) == {"code": UNKNOWN[0], "msg": UNKNOWN[1], "data": None}
    given: list[Any] = [1, None, ""]
    for value in given:
        assert (await post(http, ROLE + "update_field", {"id": number, "status": value}))["data"] == 1
    assert (await find_role(http, number))["data"]["status"] == 1


async def test_a_role_sorts_last_where_nothing_is_said(http: httpx.AsyncClient) -> None:
    assert (await find_role(http, await create_role(http, sort="", permission_id=None, menu_id="")))["data"][
        "sort"
    ] == 99


async def test_names_of_live_roles_are_unique_in_any_letter_case(http: httpx.AsyncClient) -> None:
    taken = new_name()
    first, second = await create_role(http, name=taken), await create_role(http)
    await assert_refused(http, ROLE + "create", {"name": taken.upper()}, *TAKEN)
    await assert_refused(http, ROLE + "update", {"id": second, "name": taken.title()}, *TAKEN)
    assert (await post(http, ROLE + "update", {"id": first, "name": taken.title()}))["data"] is True
    await post(http, ROLE + "update_field", {"id": first, "status": -1})
    await create_role(http, name=taken)
    await assert_refused(http, ROLE + "update_field", {"id": first, "status": 1}, *TAKEN)


async def test_the_code_of_a_deleted_role_is_free_and_restoring_it_is_refused_then(
    http: httpx.AsyncClient, client: Client
) -> None:
    stored = await client.done("role.get", {"id": await create_role(http)})
    await post(http, ROLE + "update_field", {"id": stored["id"], "status": -1})
    body = {"app_id": stored["app_id"], "code": stored["code"], "name": new_name()}
    answer = await http.post("/api/role", json=body)
    assert (answer.status_code, answer.json()["data"]["code"]) == (200, stored["code"])
    await assert_refused(http, ROLE + "update_field", {"id": stored["id"], "status": 1}, *TAKEN)


async def test_of_concurrent_requests_for_one_name_one_succeeds(http: httpx.AsyncClient) -> None:
    body = {"name": new_name()}
    answers = await asyncio.gather(*(http.post(ROLE + "create", json=body) for _ in range(10)))
    assert sorted(answer.json()["code"] for answer in answers) == [0] + [TAKEN[0]] * 9


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"permission_id": "1"}, (3000101, "权限不存在！")),
        ({"menu_id": "1,2"}, (3000301, "角色不存在！")),
        ({"permission_id": "1", "menu_id": "1"}, (3000101, "权限不存在！")),
    ],
)
async def test_permissions_and_menus_do_not_exist_which_is_reported_last(
    http: httpx.AsyncClient, client: Client, given: dict[str, str], refusal: tuple[int, str]
) -> None:
    taken = new_name()
    number, admin = await create_role(http, name=taken), await create_admin_role(client)
    await assert_refused(http, ROLE + "create", {"name": new_name(), **given}, *refusal)
    await assert_refused(http, ROLE + "create", {"name": taken, **given}, *TAKEN)
    await assert_refused(http, ROLE + "update", {"id": number, "name": new_name(), **given}, *refusal)
    await assert_refused(http, ROLE + "update", {"id": 2_000_000_000, "name": taken, **given}, *UNKNOWN)
    await assert_refused(http, ROLE + "update", {"id": admin["id"], "name": taken, **given}, *PROTECTED)
    assert (await find_role(http, number))["data"]["name"] == taken


async def test_an_administrator_role_is_protected(http: httpx.AsyncClient, client: Client) -> None:
    admin = await create_admin_role(client)
    await assert_refused(http, ROLE + "update", {"id": admin["id"], "name": new_name()}, *PROTECTED)
    for status in (-1, 1, 5, None):
        await assert_refused(http, ROLE + "update_field", {"id": admin["id"], "status": status}, *PROTECTED)
    assert (await find_role(http, admin["id"]))["data"]["admin"] == 1


async def test_a_wrong_status_is_reported_after_an_unknown_role(http: httpx.AsyncClient) -> None:
    number = await create_role(http)
    for gone in (False, True):
        await assert_refused(http, ROLE + "update_field", {"id": number, "status": 0}, *STATUS)
        await assert_refused(http, ROLE + "update_field", {"id": 2_000_000_000, "status": 7}, *UNKNOWN)
        if not gone:
            await post(http, ROLE + "update_field", {"id": number, "status": -1})


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1])
async def test_a_number_that_no_role_has_is_unknown(http: httpx.AsyncClient, number: int) -> None:
    for path in ("update", "update_field"):
        await assert_refused(http, ROLE + path, {"id": number, "name": new_name()}, *UNKNOWN)
    assert (await find_role(http, number))["code"] == UNKNOWN[0]
    assert (await http.get(ROLE + "search", params={"id": number})).json()["data"]["list"] == []


async def search(http: httpx.AsyncClient, **query: Any) -> Any:
    answer = (await http.get(ROLE + "search", params=query)).json()
    assert (answer["code"], answer["msg"]) == (0, "")
    assert list(answer["data"]) == ["p", "size", "total", "next", "list"]
    return answer["data"]


async def test_search_lists_administrators_first_then_by_sort(http: httpx.AsyncClient, client: Client) -> None:
    late, early = await create_role(http, sort=900), await create_role(http, sort=1)
    admin = (await create_admin_role(client))["id"]
    page = await search(http, size=1000)
    ids = [row["id"] for row in page["list"]]
    assert ids.index(admin) < ids.index(early) < ids.index(late)
    assert list(page["list"][0]) == KEYS
    assert [row["id"] for row in (await search(http, admin=1, id=admin))["list"]] == [admin]
    assert (await search(http, admin=7))["total"] == 0
    first = await search(http, size=1)
    assert (first["p"], first["size"], first["next"], len(first["list"])) == (1, 1, 1, 1)


async def test_filters_of_search_compare_for_equality(http: httpx.AsyncClient) -> None:
    wanted = new_name()
    number = await create_role(http, name=wanted)
    assert [row["id"] for row in (await search(http, name=wanted))["list"]] == [number]
    for other in (wanted.upper(), wanted[:-1], ".*"):
        assert (await search(http, name=other))["list"] == []
    await post(http, ROLE + "update_field", {"id": number, "status": -1})
    assert (await search(http, name=wanted))["list"] == []


async def test_a_users_roles_are_listed_while_they_live(http: httpx.AsyncClient, client: Client) -> None:
    last, first, admin = (
        await create_role(http, sort=50),
        await create_role(http, sort=2),
        (await create_admin_role(client))["id"],
    )
    number = await create_user(http, role_id=f"{last}, {first},{admin},{last},")
    listed = (await find_user(http, number))["data"]["role_list"]
    assert [row["role_id"] for row in listed] == [first, last, admin]
    assert [list(row) for row in listed] == [["user_id", "role_id", "name", "admin"]] * 3
    assert [(row["user_id"], row["admin"]) for row in listed] == [(number, 0), (number, 0), (number, 1)]
    await post(http, ROLE + "update_field", {"id": first, "status": -1})
    rows = (await http.get("/v1/user/search", params={"id": number})).json()["data"]["list"]
    assert [row["role_id"] for row in rows[0]["role_list"]] == [last, admin]
    await assert_refused(http, CREATE, person(role_id=str(first)), *UNKNOWN)
    await post(http, ROLE + "update_field", {"id": first, "status": 1})
    assert len((await find_user(http, number))["data"]["role_list"]) == 3


async def test_an_update_replaces_the_roles_only_where_some_are_given(http: httpx.AsyncClient) -> None:
    one, two = await create_role(http), await create_role(http)
    body = person(role_id=str(one))
    number = (await post(http, CREATE, body))["data"]
    for role_id, expected in (("", one), (None, one), (str(two), two)):
        await post(http, UPDATE, body | {"id": number, "role_id": role_id})
        assert [row["role_id"] for row in (await find_user(http, number))["data"]["role_list"]] == [expected]


NOT_NUMBERS: list[Any] = [1.0, True, [], {}, "x", "1.0", 2**31]
FAULTS: list[tuple[dict[str, Any], int, str]] = [
    *(({"name": value}, 1001, "name 字段是必须的") for value in (None, "")),
    *(({key: v}, 1001, f"{key} 必须是一个字符串") for key in ("name", "permission_id", "menu_id") for v in NOT_TEXTS),
    *(({key: " "}, 1004, "字段不能为空！") for key in ("name", "permission_id", "menu_id")),
    *(({key: "a\0"}, 1001, f"{key} 格式不正确") for key in ("name", "permission_id", "menu_id")),
    *(({"name": value}, 1001, "name 的最大长度为 50 字符") for value in ("x" * 51, long_text())),
    *(({"sort": value}, 1001, "sort 必须是个整数") for value in NOT_NUMBERS),
    ({"sort": 0}, 1001, "sort 的最小值为 1"),
    ({"sort": "1000"}, 1001, "sort 的最大值为 999"),
]


@pytest.mark.parametrize(("changed", "code", "message"), FAULTS)
async def test_the_first_error_of_a_field_is_reported(
    http: httpx.AsyncClient, changed: dict[str, Any], code: int, message: str
) -> None:
    await assert_refused(http, ROLE + "create", {"name": new_name(), **changed}, code, message)
    await assert_refused(http, ROLE + "update", {"id": 2_000_000_000, "name": new_name(), **changed}, code, message)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"p": "0"}, "p 的最小值为 1"),
        ({"size": "0"}, "size 的最小值为 1"),
        ({"size": "1001"}, "size 的最大值为 1000"),
        ({"id": "x"}, "id 必须是个整数"),
        ({"admin": "1.0"}, "admin 必须是个整数"),
        ({"name": "a\0"}, "name 格式不正确"),
    ],
)
async def test_an_error_in_a_search_is_reported(http: httpx.AsyncClient, query: dict[str, str], message: str) -> None:
    answer = await http.get(ROLE + "search", params=query)
    assert answer.json() == {"code": 1001, "msg": message, "data": None}


@pytest.mark.parametrize("path", ["create", "update", "update_field"])
@pytest.mark.parametrize("body", [*NOT_JSON, *NOT_OBJECTS])
async def test_a_body_that_is_no_json_object_is_refused(http: httpx.AsyncClient, path: str, body: bytes) -> None:
    answer = await http.post(ROLE + path, content=body)
    assert (answer.status_code, answer.json()) == (200, {"code": BAD[0], "msg": BAD[1], "data": None})
