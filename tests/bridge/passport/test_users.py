"""Users of passport on the whole stack."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.hostile_input import long_text
from tests.support.passport import (
    CREATE,
    FIELD,
    FIND,
    SEARCH,
    TAKEN,
    UNKNOWN,
    UPDATE,
    address,
    assert_refused,
    create_user,
    find_user,
    person,
    post,
)

USER_KEYS = ["id", "name", "email", "mobile", "position", "status", "root", "sort", "mtime", "ctime", "role_list"]


ROW_KEYS = ["id", "name", "email", "mobile", "position", "mtime", "ctime", "sort", "root", "role_list"]


TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


async def test_a_user_is_created_and_found(http: httpx.AsyncClient) -> None:
    given = person()
    number = (await post(http, CREATE, given))["data"]
    answer = await find_user(http, number)
    user = answer["data"]
    assert (answer["code"], answer["msg"]) == (0, "")
    assert list(user) == USER_KEYS
    assert {key: user[key] for key in ("name", "email", "mobile", "position")} == {
        key: given[key] for key in ("name", "email", "mobile", "position")
    }
    assert (user["id"], user["status"], user["root"], user["sort"], user["role_list"]) == (number, 1, 0, 99, [])
    assert TIME.fullmatch(user["ctime"])
    assert TIME.fullmatch(user["mtime"])


async def test_forms_and_queries_are_read_and_the_body_wins(http: httpx.AsyncClient) -> None:
    as_form = await http.post(CREATE, data=person())
    as_query = await http.post(CREATE, params=person())
    both = await http.post(CREATE, params={"name": "query"}, json=person(name="body"))
    assert [answer.json()["code"] for answer in (as_form, as_query, both)] == [0, 0, 0]
    assert (await find_user(http, both.json()["data"]))["data"]["name"] == "body"


async def test_get_reads_the_query_only(http: httpx.AsyncClient) -> None:
    number = await create_user(http)
    answer = await http.request("GET", FIND, json={"id": number})
    assert answer.json() == {"code": 1001, "msg": "id 字段是必须的", "data": None}


async def test_an_update_changes_what_is_given(http: httpx.AsyncClient) -> None:
    number = await create_user(http)
    changed = person(id=str(number), name="other", password="")
    assert await post(http, UPDATE, changed) == {"code": 0, "msg": "", "data": True}
    user = (await find_user(http, number))["data"]
    assert (user["name"], user["email"]) == ("other", changed["email"])


@pytest.mark.parametrize("password", [{}, {"password": None}, {"password": ""}, {"password": "another-6"}])
async def test_the_password_may_stay_as_it_is(http: httpx.AsyncClient, password: dict[str, Any]) -> None:
    number = await create_user(http)
    body = {key: value for key, value in person(id=number).items() if key != "password"}
    assert (await post(http, UPDATE, body | password))["data"] is True


async def test_a_user_is_deleted_and_restored(http: httpx.AsyncClient) -> None:
    number = await create_user(http)
    for status in (-1, "-1"):
        assert await post(http, FIELD, {"id": number, "status": status}) == {"code": 0, "msg": "", "data": 1}
    assert await find_user(http, number) == {"code": UNKNOWN[0], "msg": UNKNOWN[1], "data": None}
    await assert_refused(http, UPDATE, person(id=number), *UNKNOWN)
    for status in (1, 1):
        assert (await post(http, FIELD, {"id": number, "status": status}))["data"] == 1
    assert (await find_user(http, number))["data"]["status"] == 1


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": ""}])
async def test_without_a_status_the_call_succeeds(http: httpx.AsyncClient, status: dict[str, Any]) -> None:
    number = await create_user(http)
    assert (await post(http, FIELD, {"id": number, **status}))["data"] == 1


async def test_a_wrong_status_is_reported_after_an_unknown_user(http: httpx.AsyncClient) -> None:
    number = await create_user(http)
    for status in (0, 2, "7"):
        await assert_refused(http, FIELD, {"id": number, "status": status}, 30001, "status 参数错误！")
        await assert_refused(http, FIELD, {"id": 2_000_000_000, "status": status}, *UNKNOWN)
    await assert_refused(http, FIELD, {"id": number, "status": "x"}, 1001, "status 必须是个整数")
    await post(http, FIELD, {"id": number, "status": -1})
    await assert_refused(http, FIELD, {"id": number, "status": 5}, 30001, "status 参数错误！")


async def test_a_restore_whose_address_is_taken_is_refused(http: httpx.AsyncClient) -> None:
    email = address()
    number = await create_user(http, email=email)
    await post(http, FIELD, {"id": number, "status": -1})
    await create_user(http, email=email.upper())
    await assert_refused(http, FIELD, {"id": number, "status": 1}, *TAKEN)


async def test_an_address_is_one_users_in_any_letter_case(http: httpx.AsyncClient) -> None:
    first, second = person(), person()
    await post(http, CREATE, first)
    number = (await post(http, CREATE, second))["data"]
    await assert_refused(http, CREATE, person(email=first["email"].upper()), *TAKEN)
    await assert_refused(http, UPDATE, person(id=number, email=first["email"].title()), *TAKEN)
    assert (await post(http, UPDATE, second | {"id": number}))["data"] is True


async def test_of_concurrent_requests_for_one_address_one_succeeds(http: httpx.AsyncClient) -> None:
    body = person()
    answers = await asyncio.gather(*(http.post(CREATE, json=body) for _ in range(10)))
    assert sorted(answer.json()["code"] for answer in answers) == [0] + [3000205] * 9


@pytest.mark.parametrize("listed", ["999999", "x", "1,,2", ",", "0", "-1", "1.5", "9" * 30, "1;2", "$gt", long_text()])
async def test_a_role_that_does_not_exist_is_refused_after_the_address(http: httpx.AsyncClient, listed: str) -> None:
    body = person(role_id=listed)
    await assert_refused(http, CREATE, body, 3000001, "角色不存在！")
    taken = person()
    number = (await post(http, CREATE, taken))["data"]
    await assert_refused(http, CREATE, taken | {"role_id": listed}, *TAKEN)
    await assert_refused(http, UPDATE, body | {"id": number}, 3000001, "角色不存在！")
    await assert_refused(http, UPDATE, body | {"id": 2_000_000_000}, *UNKNOWN)


async def test_a_deleted_role_is_refused_also_for_whoever_has_it(http: httpx.AsyncClient) -> None:
    role = (await post(http, "/v1/role/create", {"name": uuid4().hex}))["data"]
    number = await create_user(http, role_id=str(role))
    await post(http, "/v1/role/update_field", {"id": role, "status": -1})
    await assert_refused(http, UPDATE, person(id=number, role_id=str(role)), 3000001, "角色不存在！")
    assert (await post(http, UPDATE, person(id=number)))["data"] is True


@pytest.mark.parametrize("role_id", [None, ""])
async def test_no_role_is_no_error(http: httpx.AsyncClient, role_id: Any) -> None:
    number = await create_user(http, role_id=role_id)
    assert (await find_user(http, number))["data"]["id"] == number


async def search(http: httpx.AsyncClient, **query: Any) -> Any:
    answer = (await http.get(SEARCH, params=query)).json()
    assert (answer["code"], answer["msg"]) == (0, "")
    assert list(answer["data"]) == ["p", "size", "total", "next", "list"]
    return answer["data"]


async def test_search_pages_through_the_live_users(http: httpx.AsyncClient) -> None:
    position = uuid4().hex
    numbers = [await create_user(http, position=position) for _ in range(5)]
    gone = await create_user(http, position=position)
    await post(http, FIELD, {"id": gone, "status": -1})
    pages = [await search(http, position=position, size=2, p=p) for p in (1, 2, 3, 4)]
    assert [(page["p"], page["size"], page["total"], page["next"]) for page in pages] == [
        (1, 2, 5, 1), (2, 2, 5, 1), (3, 2, 5, 0), (4, 2, 5, 0),
    ]  # fmt: skip
    rows = [row for page in pages for row in page["list"]]
    assert [row["id"] for row in rows] == sorted(numbers, reverse=True)
    assert list(rows[0]) == ROW_KEYS


async def test_search_without_filters_has_its_defaults(http: httpx.AsyncClient) -> None:
    page = await search(http, name="", email="", p="", id="")
    assert (page["p"], page["size"]) == (1, 20)
    assert len(page["list"]) <= 20


async def test_filters_compare_for_equality(http: httpx.AsyncClient) -> None:
    mark = uuid4().hex[:8]
    number = await create_user(
        http, name=f"Name{mark}", email=f"Mail{mark}@b.cd", mobile=f"M{mark}", position=f"P{mark}"
    )
    right = {
        "id": number,
        "name": f"Name{mark}",
        "email": f"mail{mark}@B.cd",
        "mobile": f"M{mark}",
        "position": f"P{mark}",
    }
    for key, value in right.items():
        assert [row["id"] for row in (await search(http, **{key: value}))["list"]] == [number]
    assert (await search(http, **right))["total"] == 1
    for key, value in (("name", f"name{mark}"), ("mobile", f"m{mark}"), ("position", mark), ("email", mark)):
        assert (await search(http, **{key: value}))["total"] == 0
    assert (await search(http, **right | {"id": number + 1}))["total"] == 0
    assert (await search(http, name=".*"))["total"] == 0
    assert (await search(http, name=long_text()))["total"] == 0


async def test_the_last_page_there_can_be_is_empty(http: httpx.AsyncClient) -> None:
    page = await search(http, p=2**31 - 1)
    assert (page["p"], page["next"], page["list"]) == (2**31 - 1, 0, [])


async def test_a_user_of_foreseen_is_seen_under_its_name(http: httpx.AsyncClient) -> None:
    username = f"user_{uuid4().hex[:8]}"
    made = await http.post("/user", json={"username": username, "usertype": "user"})
    user = (await find_user(http, made.json()["data"]["user_id"]))["data"]
    assert (user["name"], user["email"], user["mobile"], user["position"]) == (username, "", "", "")
    assert [row["id"] for row in (await search(http, name=username))["list"]] == [user["id"]]
