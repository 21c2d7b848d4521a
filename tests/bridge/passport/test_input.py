"""Bad input for every endpoint of passport, on the whole stack."""

from typing import Any

import httpx
import pytest

from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, NOT_TEXTS, long_text
from tests.support.passport import BAD, CREATE, FIELD, FIND, SEARCH, UNKNOWN, UPDATE, assert_refused, find_user, person

TEXTS = {"name": 50, "mobile": 20, "position": 50}


FAULTS: list[tuple[dict[str, Any], int, str]] = [
    *(({key: value}, 1001, f"{key} 字段是必须的") for key in (*TEXTS, "email", "password") for value in (None, "")),
    *(({key: v}, 1001, f"{key} 必须是一个字符串") for key in (*TEXTS, "email", "password") for v in NOT_TEXTS),
    *(({key: " \t"}, 1004, "字段不能为空！") for key in (*TEXTS, "email", "password", "role_id")),
    *(({key: "a\0b"}, 1001, f"{key} 格式不正确") for key in (*TEXTS, "email", "password", "role_id")),
    *(({key: "x" * (n + 1)}, 1001, f"{key} 的最大长度为 {n} 字符") for key, n in TEXTS.items()),
    *(({key: long_text()}, 1001, f"{key} 的最大长度为 {n} 字符") for key, n in TEXTS.items()),
    *(
        ({"email": value}, 1001, "email 必须是一个合法的电子邮件地址")
        for value in ("a", "a@b", "a@b.c@d.e", "a b@c.de", "@b.cd", "a@-b.cd", "名@b.cd", "a..b@c.de", long_text())
    ),
    ({"email": "a" * 50 + "@b.cd"}, 1001, "email 的最大长度为 50 字符"),
    ({"password": "12345"}, 1001, "password 的最小长度为 6 字符"),
    ({"password": "1" * 33}, 1001, "password 的最大长度为 32 字符"),
    *(({"role_id": value}, 1001, "role_id 必须是一个字符串") for value in NOT_TEXTS),
    ({"name": 1, "email": 1, "password": None}, 1001, "name 必须是一个字符串"),
    ({"position": None, "password": 1}, 1001, "position 字段是必须的"),
]


NOT_IDS: list[Any] = [1.0, 1.5, True, [], {"$gt": ""}, "1 or 1=1", "x", "1.0", 2**31, -(2**31) - 1, "9" * 100]


@pytest.mark.parametrize(("changed", "code", "message"), FAULTS)
async def test_the_first_error_of_a_field_is_reported(
    http: httpx.AsyncClient, changed: dict[str, Any], code: int, message: str
) -> None:
    await assert_refused(http, CREATE, person(**changed), code, message)


@pytest.mark.parametrize("number", NOT_IDS)
async def test_an_id_is_an_integer_of_32_bits(http: httpx.AsyncClient, number: Any) -> None:
    for path in (UPDATE, FIELD):
        await assert_refused(http, path, person(id=number), 1001, "id 必须是个整数")
    asked = (await http.get(FIND, params={"id": str(number)})).json()
    expected = "id 必须是个整数"
    assert asked == {"code": 1001, "msg": expected, "data": None}
    assert (await http.get(SEARCH, params={"id": str(number)})).json()["msg"] == expected


@pytest.mark.parametrize("number", [None, ""])
async def test_an_id_is_required(http: httpx.AsyncClient, number: Any) -> None:
    for path in (UPDATE, FIELD):
        await assert_refused(http, path, person(id=number), 1001, "id 字段是必须的")
    assert (await http.get(FIND)).json()["msg"] == "id 字段是必须的"


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1])
async def test_a_number_that_no_user_has_is_unknown(http: httpx.AsyncClient, number: int) -> None:
    for path in (UPDATE, FIELD):
        await assert_refused(http, path, person(id=number), *UNKNOWN)
    assert (await find_user(http, number))["code"] == UNKNOWN[0]
    assert (await http.get(SEARCH, params={"id": number})).json()["data"]["list"] == []


async def test_long_lists_are_refused_for_what_they_name(http: httpx.AsyncClient) -> None:
    answer = await http.request("POST", "/v1/role/create", json={"name": "n", "permission_id": "x" * 100_000})
    assert answer.json()["code"] == 3000101
    listed = ",".join(str(10**14 + number) for number in range(1000))
    assert (await http.post(CREATE, json=person(role_id=listed))).json()["code"] == 3000001


@pytest.mark.parametrize("path", [CREATE, UPDATE, FIELD])
@pytest.mark.parametrize("body", [*(body for body in NOT_JSON), *NOT_OBJECTS])
async def test_a_body_that_is_no_json_object_is_refused(http: httpx.AsyncClient, path: str, body: bytes) -> None:
    answer = await http.post(path, content=body)
    assert (answer.status_code, answer.json()) == (200, {"code": BAD[0], "msg": BAD[1], "data": None})
    unknown = await http.post(path, content=body, headers={"Authorization": "Bearer wrong"})
    assert unknown.json() == {"code": 403, "msg": "请先登录！", "data": None}


@pytest.mark.parametrize("query", ["id=%ff", "id=1&name=%C0%80"])
async def test_a_query_that_is_not_utf8_is_refused(http: httpx.AsyncClient, query: str) -> None:
    assert (await http.get(f"{FIND}?{query}")).json()["code"] == BAD[0]


@pytest.mark.parametrize("path", [CREATE, UPDATE, FIELD, FIND, SEARCH])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
async def test_other_verbs_are_refused(http: httpx.AsyncClient, path: str, method: str) -> None:
    right = "GET" if path in (FIND, SEARCH) else "POST"
    answer = await http.request(method, path, headers={"Authorization": ""})
    expected = (403, "请先登录！") if method == right else (405, "请求方法不允许！")
    assert (answer.status_code, answer.json()["code"], answer.json()["msg"]) == (200, *expected)


SEARCH_FAULTS = [
    ({"p": "0"}, 1001, "p 的最小值为 1"),
    ({"p": "-1"}, 1001, "p 的最小值为 1"),
    ({"p": "x"}, 1001, "p 必须是个整数"),
    ({"p": str(2**31)}, 1001, "p 必须是个整数"),
    ({"size": "0"}, 1001, "size 的最小值为 1"),
    ({"size": "21"}, 1001, "size 的最大值为 20"),
    ({"size": "1.5"}, 1001, "size 必须是个整数"),
    ({"size": "0", "p": "x"}, 1001, "p 必须是个整数"),
    ({"id": "x", "name": " "}, 1001, "id 必须是个整数"),
    *(({key: " "}, 1004, "字段不能为空！") for key in ("name", "email", "mobile", "position")),
    *(({key: "a\0"}, 1001, f"{key} 格式不正确") for key in ("name", "email", "mobile", "position")),
]


@pytest.mark.parametrize(("query", "code", "message"), SEARCH_FAULTS)
async def test_an_error_in_a_search_is_reported(
    http: httpx.AsyncClient, query: dict[str, str], code: int, message: str
) -> None:
    answer = await http.get(SEARCH, params=query)
    assert answer.json() == {"code": code, "msg": message, "data": None}
