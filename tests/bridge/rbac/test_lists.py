"""Lists of rbac: pages, orders and filters."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.rbac import ENTITIES, IN_APP, assert_refused, create, create_id, link, new_entity, read, read_ids

COLUMNS = {
    "user": ("id", "email", "name", "create_time", "update_time"),
    "app": ("id", "code", "name", "create_time", "update_time"),
    "group": ("id", "app_id", "code", "name", "create_time", "update_time"),
    "role": ("id", "app_id", "code", "name", "create_time", "update_time"),
    "resource": ("id", "app_id", "code", "resource_type_id", "detail", "create_time", "update_time"),
    "resource-type": ("id", "code", "name", "create_time", "update_time"),
}
OPERATORS = ["EQ", "NE", "GT", "GTE", "LT", "LTE", "IN", "NOTIN", "BETWEEN", "LIKE", "NOTLIKE", "IS", "NOT"]


async def create_three_users(http: httpx.AsyncClient) -> tuple[str, list[int]]:
    """Three users whose names are a mark and B, a, c."""
    mark = uuid4().hex[:8]
    return mark, [await create_id(http, "user", name=f"{mark}{end}", email=f"{end}.{mark}@b.cd") for end in "Bac"]


async def test_pages_and_their_pagination(http: httpx.AsyncClient) -> None:
    mark, numbers = await create_three_users(http)
    wanted = {"LIKE_name": mark}
    default = {"pageNo": 1, "pageSize": 10, "orderBy": ["id"], "order": ["ASC"]}
    nothing = {"pageNo": None, "pageSize": None, "orderBy": None, "order": None}
    pages: list[dict[str, Any]] = [{}, {"page": {}}, {"page": nothing}]
    for page in pages:
        found = await read(http, "/api/user", filter=wanted, **page)
        assert [row["id"] for row in found["list"]] == numbers
        assert found["pagination"] == {"total": 3, "totalPage": 1, **default}
    for at, rows in ((1, numbers[:2]), (2, numbers[2:]), (3, []), (9_007_199_254_740_991, [])):
        found = await read(http, "/api/user", filter=wanted, page={"pageNo": at, "pageSize": 2})
        assert [row["id"] for row in found["list"]] == rows
        assert found["pagination"] == {"total": 3, "totalPage": 2, **default, "pageNo": at, "pageSize": 2}
    found = await read(http, "/api/user", filter={"name": uuid4().hex}, page={"pageSize": 1000})
    assert found == {"list": [], "pagination": {"total": 0, "totalPage": 0, **default, "pageSize": 1000}}
    assert list(found["pagination"]) == ["total", "totalPage", "pageNo", "pageSize", "orderBy", "order"]


ORDERS: list[tuple[dict[str, Any], list[int], list[str], list[str]]] = [
    ({"orderBy": "name"}, [2, 0, 1], ["name"], ["DESC"]),
    ({"orderBy": "name", "order": "asc"}, [1, 0, 2], ["name"], ["ASC"]),
    ({"orderBy": ["name"], "order": ["AsC"]}, [1, 0, 2], ["name"], ["ASC"]),
    ({"orderBy": " email , id ", "order": "asc"}, [1, 0, 2], ["email", "id"], ["ASC", "DESC"]),
    ({"orderBy": "id"}, [2, 1, 0], ["id"], ["DESC"]),
    ({"orderBy": "create_time,id", "order": "desc,asc"}, [2, 1, 0], ["create_time", "id"], ["DESC", "ASC"]),
    ({"orderBy": "id,id", "order": "asc,desc"}, [0, 1, 2], ["id"], ["ASC"]),
    ({"orderBy": "", "order": ""}, [0, 1, 2], ["id"], ["ASC"]),
    ({"orderBy": [], "order": []}, [0, 1, 2], ["id"], ["ASC"]),
]


@pytest.mark.parametrize(("page", "places", "names", "ways"), ORDERS)
async def test_the_order_is_kept_and_echoed(
    http: httpx.AsyncClient, page: dict[str, Any], places: list[int], names: list[str], ways: list[str]
) -> None:
    mark, numbers = await create_three_users(http)
    found = await read(http, "/api/user", filter={"LIKE_name": mark}, page=page)
    assert [row["id"] for row in found["list"]] == [numbers[place] for place in places]
    assert (found["pagination"]["orderBy"], found["pagination"]["order"]) == (names, ways)


async def test_ties_come_by_ascending_id(http: httpx.AsyncClient) -> None:
    name = uuid4().hex
    numbers = [await create_id(http, "user", name=name) for _ in range(3)]
    assert await read_ids(http, "/api/user", filter={"name": name}, page={"orderBy": "name"}) == numbers


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"name": "{b}"}, "b"),
    ({"EQ_name": "{B}"}, "b"),
    ({"NE_name": "{a}"}, "bc"),
    ({"GT_name": "{a}"}, "bc"),
    ({"GTE_name": "{b}"}, "bc"),
    ({"LT_name": "{c}"}, "ba"),
    ({"LTE_name": "{A}"}, "a"),
    ({"IN_name": ["{a}", "{C}", "other"]}, "ac"),
    ({"IN_name": "{a} , {b}"}, "ba"),
    ({"IN_name": []}, ""),
    ({"NOTIN_name": ["{a}"]}, "bc"),
    ({"NOTIN_name": "{a},{b}"}, "c"),
    ({"BETWEEN_name": ["{a}", "{B}"]}, "ba"),
    ({"LIKE_email": "A.{mark}@"}, "a"),
    ({"LIKE_email": ".*"}, ""),
    ({"LIKE_email": ""}, "bac"),
    ({"NOTLIKE_email": "a.{mark}"}, "bc"),
    ({"IS_email": None}, ""),
    ({"email": ""}, ""),
    ({"NOT_email": None}, "bac"),
    ({"NOT_name": "{a}"}, "bc"),
    ({"GT_name": "{a}", "LT_name": "{c}"}, "b"),
    ({"BETWEEN_create_time": ["2018-12-08", "2999-01-01T00:00:00Z"]}, "bac"),
    ({"LT_create_time": "2018-12-08T11:24:42.000Z"}, ""),
    ({"GT_update_time": "2018-12-08T11:24:42+08:00"}, "bac"),
    ({"IS_create_time": None}, ""),
    ({"NOT_id": None}, "bac"),
    ({"GT_id": 0}, "bac"),
    ({"id": "-1"}, ""),
]


@pytest.mark.parametrize(("given", "wanted"), FILTERS)
async def test_a_filter_finds_what_it_says(http: httpx.AsyncClient, given: dict[str, Any], wanted: str) -> None:
    mark, numbers = await create_three_users(http)
    named = dict(zip("bac", numbers, strict=True))
    text = json.dumps({**given, "LIKE_name": mark})
    for end in "abcABC":
        text = text.replace(f"{{{end}}}", mark + end)
    found = await read_ids(http, "/api/user", filter=text.replace("{mark}", mark))
    assert found == [named[end] for end in wanted]


async def test_what_is_absent_is_found_as_an_empty_text(http: httpx.AsyncClient) -> None:
    username = f"user_{uuid4().hex[:8]}"
    user = (await http.post("/user", json={"username": username, "usertype": "user"})).json()["data"]["user_id"]
    right: list[dict[str, Any]] = [
        {"email": ""}, {"IS_email": None}, {"IN_email": ["", "a@b.cd"]}, {"LIKE_email": ""}, {"NE_email": "a@b.cd"},
        {"LT_email": "a"}, {"LTE_email": ""}, {"GTE_email": ""}, {"BETWEEN_email": ["", "a"]}, {"NOTLIKE_email": "a"},
        {"NOTIN_email": "a@b.cd"},
    ]  # fmt: skip
    wrong: list[dict[str, Any]] = [
        {"NE_email": ""}, {"NOT_email": None}, {"NOT_email": ""}, {"GT_email": ""}, {"NOTIN_email": ["", "a"]},
        {"NOTLIKE_email": ""}, {"LIKE_email": "a"}, {"LT_email": ""},
    ]  # fmt: skip
    for given in right:
        assert await read_ids(http, "/api/user", filter=given | {"name": username}) == [user], given
    for given in wrong:
        assert await read_ids(http, "/api/user", filter=given | {"name": username}) == [], given


async def test_an_empty_detail_is_found(http: httpx.AsyncClient) -> None:
    row = await create(http, "resource", detail="")
    only = {"code": row["code"]}
    for given, wanted in ({"IS_detail": None}, [row["id"]]), ({"detail": ""}, [row["id"]]), ({"NOT_detail": None}, []):
        assert await read_ids(http, "/api/resource", filter=given | only) == wanted


@pytest.mark.parametrize("entity", ENTITIES)
async def test_every_shown_field_can_be_filtered_and_sorted_by(http: httpx.AsyncClient, entity: str) -> None:
    row = await create(http, entity)
    if entity == "user":
        assert list(row) == list(COLUMNS[entity])
    for name in COLUMNS[entity]:
        for given in ({name: row[name]}, {f"EQ_{name}": row[name]}, {f"IN_{name}": [row[name]]}):
            assert row["id"] in await read_ids(http, f"/api/{entity}", filter={**given, "id": row["id"]})
        by = {"orderBy": name, "order": "desc"}
        assert await read_ids(http, f"/api/{entity}", page=by, filter={"id": str(row["id"])}) == [row["id"]]


@pytest.mark.parametrize("entity", ENTITIES)
async def test_every_operator_of_every_field_may_be_said_at_once(http: httpx.AsyncClient, entity: str) -> None:
    row = await create(http, entity)
    given: dict[str, Any] = {}
    for name in COLUMNS[entity]:
        lists = {f"{op}_{name}": [row[name], row[name]] for op in ("IN", "NOTIN", "BETWEEN")}
        empties = {f"{op}_{name}": None for op in ("IS", "NOT")}
        texts = {f"{op}_{name}": row[name] for op in OPERATORS if f"{op}_{name}" not in lists | empties}
        kept = {key: value for key, value in texts.items() if "LIKE" not in key or name in ("code", "name", "detail")}
        given |= {name: row[name]} | lists | empties | kept
    assert await read_ids(http, f"/api/{entity}", filter=given) == []


async def test_related_entities_take_filters_and_are_paged_only_on_request(http: httpx.AsyncClient) -> None:
    app = await create_id(http, "app")
    for entity in IN_APP:
        rows = [await create(http, entity, app_id=app) for _ in range(12)]
        numbers, path = [row["id"] for row in rows], f"/api/app/{app}/{entity}"
        assert await read_ids(http, path) == numbers
        assert await read_ids(http, path, filter={"code": rows[3]["code"]}) == [numbers[3]]
        assert await read_ids(http, path, page={}) == numbers[:10]
        assert await read_ids(http, path, page={"pageNo": 2}) == numbers[10:]
        assert await read_ids(http, path, page={"pageSize": 1, "orderBy": "id"}) == numbers[-1:]
        assert await read_ids(http, path, page={"pageSize": 1000}, filter={"LT_id": numbers[2]}) == numbers[:2]


async def test_what_a_user_has_takes_filters_and_pages_too(http: httpx.AsyncClient) -> None:
    user, role = await create_id(http, "user"), await create_id(http, "role")
    await link(http, f"/api/user/{user}/role", role, *[await create_id(http, "role") for _ in range(2)])
    resources = [await create_id(http, "resource") for _ in range(3)]
    await link(http, f"/api/role/{role}/resource", *resources)
    assert await read_ids(http, f"/api/user/{user}/role", filter={"id": role}) == [role]
    paths = (f"/api/user/{user}/resource", f"/api/role/{role}/resource")
    for path in paths:
        assert await read_ids(http, path, page={"pageNo": 2, "pageSize": 2}) == resources[2:]
        assert await read_ids(http, path, filter={"IN_id": resources[:2]}, page={"orderBy": "id"}) == resources[1::-1]


NO_OBJECTS = [
    "",
    "x",
    "[]",
    "null",
    "1",
    '"a"',
    "{",
    "{}{}",
    '{"id":NaN}',
    '{"id":1e999}',
    '{"id":9223372036854775808}',
]


@pytest.mark.parametrize("text", [*NO_OBJECTS, '{"id":"\\ud800"}', "[" * 9000, json.dumps("x" * 10_000)])
async def test_page_and_filter_are_json_objects(http: httpx.AsyncClient, text: str) -> None:
    user = await create_id(http, "user")
    for path in ("/api/user", f"/api/user/{user}/group"):
        for name in ("page", "filter"):
            assert_refused(await http.get(path, params={name: text}), 400, f"{name} must be a JSON object")


@pytest.mark.parametrize("query", ["=%ff", "=%7B%22name%22%3A%22%ED%A0%80%22%7D", '={"name":"%FF"}', "=%zz", "=%"])
async def test_what_is_not_utf8_is_no_json_object(http: httpx.AsyncClient, query: str) -> None:
    for name in ("page", "filter"):
        assert_refused(await http.get(f"/api/user?{name}{query}"), 400, f"{name} must be a JSON object")
    assert (await http.get(f"/api/user?other{query}")).status_code == 200


def test_new_entities_have_all_fields() -> None:
    for entity in ENTITIES:
        assert set(new_entity(entity)) <= set(COLUMNS[entity])
