"""What lists of rbac refuse: every error text about `page` and `filter`."""

import json
from typing import Any

import httpx
import pytest

from tests.support.hostile_input import long_text
from tests.support.rbac import ENTITIES, assert_refused, create_id, read_ids

NUMBER = "pageNo must be a positive integer"


SIZE = "pageSize must be an integer from 1 to 1000"


ORDER = "order must be asc or desc"


NOT_NUMBERS: list[Any] = [0, -1, 2**53, 2**63 - 1, "1", 1.0, 1.5, True, [], [1], {}, {"$gt": ""}]


NOT_SIZES: list[Any] = [0, -1, 1001, 2**63 - 1, "10", 10.0, True, [], {}, {"$gt": ""}]


NOT_NAMES: list[Any] = [1, True, {}, {"$gt": ""}, [1], [None], [["id"]]]


NOT_WAYS: list[Any] = ["up", "asc,up", 1, -1, True, {}, [1], [None], "asc;"]


PAGES: list[tuple[dict[str, Any], str]] = [
    *(({"pageNo": value}, NUMBER) for value in NOT_NUMBERS),
    *(({"pageSize": value}, SIZE) for value in NOT_SIZES),
    ({"pageNo": 0, "pageSize": 0, "orderBy": "x"}, NUMBER),
    ({"pageSize": 0, "orderBy": "x"}, SIZE),
    *(({"orderBy": name}, f"unknown field: {name}") for name in ("password", "$where", "created_at", "ID", "name asc")),
    ({"orderBy": long_text()}, f"unknown field: {long_text()}"),
    ({"orderBy": "id,,name"}, "unknown field: "),
    ({"orderBy": ["id", "role_ids"]}, "unknown field: role_ids"),
    *(({"orderBy": value}, "invalid value for orderBy") for value in NOT_NAMES),
    *(({"orderBy": "id", "order": value}, ORDER) for value in NOT_WAYS),
]


@pytest.mark.parametrize(("page", "message"), PAGES)
async def test_a_bad_page_is_refused(http: httpx.AsyncClient, page: dict[str, Any], message: str) -> None:
    user = await create_id(http, "user")
    for path in ("/api/user", f"/api/user/{user}/role", "/api/resource"):
        assert_refused(await http.get(path, params={"page": json.dumps(page)}), 400, message)


NOT_TEXT: list[Any] = [1, 0, 1.5, True, {}, {"$gt": ""}, "a\0b", "a\x7f"]


NOT_NUMBER: list[Any] = [
    "x",
    "",
    "1.0",
    "1 or 1=1",
    "1e3",
    1.0,
    True,
    {},
    {"$gt": ""},
    "9223372036854775808",
    long_text(),
]


NOT_TIME: list[Any] = ["x", "", "2018-13-01", "2018-12-08T25:00:00Z", 1544268282, True, {}, {"$gt": ""}, long_text()]


BAD: list[tuple[str, list[Any]]] = [
    *((f"{op}_name", [*NOT_TEXT, None, []]) for op in ("EQ", "NE", "GT", "GTE", "LT", "LTE", "LIKE", "NOTLIKE")),
    *((f"{op}_id", [*NOT_NUMBER, None, []]) for op in ("EQ", "NE", "GT", "GTE", "LT", "LTE")),
    *((f"{op}_create_time", [*NOT_TIME, None, []]) for op in ("EQ", "GT", "LTE")),
    *((f"{op}_{name}", [1, "1", None]) for op in ("LIKE", "NOTLIKE") for name in ("id", "update_time")),
    *((f"{op}_name", [None, 1, {}, [1], [None], [["a"]], "a\0", ["a\0"], ["a"] * 1001]) for op in ("IN", "NOTIN")),
    *((f"{op}_id", [None, 1, {}, "", "1,", "1,x", [None], ["x"], [1.5], [{}]]) for op in ("IN", "NOTIN")),
    ("BETWEEN_id", [None, 1, "1,2", [], [1], [1, 2, 3], [1, None], ["a", "b"], {}]),
    ("BETWEEN_name", [None, "a,b", [], ["a"], ["a", "b", "c"], ["a", None], [1, 2], {}]),
    ("IS_name", ["a", "", 0, False, [], {}]),
    ("IS_id", ["a", 1, [], {}]),
    ("NOT_name", [1, True, [], {}, "a\0"]),
    ("NOT_id", ["x", True, [], {}]),
    ("name", [*NOT_TEXT, None]),
    ("id", [*NOT_NUMBER, None]),
]


@pytest.mark.parametrize(("key", "values"), BAD)
async def test_a_value_that_does_not_fit_is_refused(http: httpx.AsyncClient, key: str, values: list[Any]) -> None:
    for value in values:
        answer = await http.get("/api/user", params={"filter": json.dumps({key: value})})
        assert_refused(answer, 400, f"invalid value for {key}")


UNKNOWN = [
    ("password", "unknown field: password"),
    ("EQ_password", "unknown field: password"),
    ("LIKE_role_ids", "unknown field: role_ids"),
    ("app_id", "unknown field: app_id"),
    ("user_name", "unknown field: user_name"),
    ("$where", "unknown field: $where"),
    ("$gt", "unknown field: $gt"),
    ("name.x", "unknown field: name.x"),
    ("", "unknown field: "),
    ("LIKE", "unknown field: LIKE"),
    ("LIKE_", "unknown field: LIKE_"),
    (long_text(), f"unknown field: {long_text()}"),
    ("REGEX_name", "unknown operator: REGEX"),
    ("FOO_bar", "unknown operator: FOO"),
    ("OR_id", "unknown operator: OR"),
]


@pytest.mark.parametrize(("key", "message"), UNKNOWN)
async def test_an_unknown_field_or_operator_is_refused(http: httpx.AsyncClient, key: str, message: str) -> None:
    for value in ("a", None, {"$gt": ""}):
        answer = await http.get("/api/user", params={"filter": json.dumps({key: value, "name": "x"})})
        assert_refused(answer, 400, message)


@pytest.mark.parametrize("entity", ENTITIES)
async def test_only_what_an_entity_shows_is_known(http: httpx.AsyncClient, entity: str) -> None:
    for name in ("revision", "admin", "status", "created_at", "display_name", "resource_ids"):
        answer = await http.get(f"/api/{entity}", params={"filter": json.dumps({f"GT_{name}": 0})})
        assert_refused(answer, 400, f"unknown field: {name}")
        answer = await http.get(f"/api/{entity}", params={"page": json.dumps({"orderBy": name})})
        assert_refused(answer, 400, f"unknown field: {name}")


async def test_a_long_text_finds_nothing_and_harms_nobody(http: httpx.AsyncClient) -> None:
    for operator in ("EQ", "LIKE", "GT"):
        assert await read_ids(http, "/api/app", filter={f"{operator}_name": "z" * 10_000}) == []


async def test_a_filter_that_the_bus_cannot_carry_is_too_large(http: httpx.AsyncClient) -> None:
    given = {f"{operator}_{name}": ",".join(["a"] * 1000) for operator in ("IN", "NOTIN") for name in ("name", "code")}
    text = json.dumps({**given, "name": "a" * 54_000}, separators=(",", ":")).replace('"', "%22")
    assert_refused(await http.get(f"/api/app?filter={text}"), 413, "request body too large")
