"""Every response in rbac's document (001): keys and their order, types, constants."""

import re
from typing import Any

import httpx

from tests.support.rbac import create, create_id, link, new_entity

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
USER = {
    "id": 1,
    "email": "felixpy.1993@gmail.com",
    "name": "Felix Yang",
    "create_time": "2018-12-08T11:24:42.000Z",
    "update_time": "2018-12-08T11:24:44.000Z",
}
GROUP = {
    "id": 1,
    "app_id": 1,
    "code": "BOOK_SUPER_GROUP",
    "name": "Book Super Group",
    "create_time": "2018-12-08T11:23:23.000Z",
    "update_time": "2018-12-08T11:23:26.000Z",
}
ROLE = {
    "id": 1,
    "app_id": 1,
    "code": "BOOK_ADMIN",
    "name": "Book Admin",
    "create_time": "2018-12-08T11:19:53.000Z",
    "update_time": "2018-12-08T11:20:01.000Z",
}
RESOURCE = {
    "id": 1,
    "app_id": 1,
    "code": "/book",
    "resource_type_id": 1,
    "detail": "Book List",
    "create_time": "2018-12-08T11:05:21.000Z",
    "update_time": "2018-12-08T11:05:22.000Z",
}
APP = {key: GROUP[key] for key in GROUP if key != "app_id"}
PAGINATION = {"total": 1, "totalPage": 1, "pageNo": 1, "pageSize": 10, "orderBy": ["id"], "order": ["ASC"]}
LISTED = {"status": "200", "message": "success", "data": {"list": [USER], "pagination": PAGINATION}}


def success(data: Any) -> dict[str, Any]:
    return {"status": "200", "message": "success", "data": data}


def assert_same_shape(sample: Any, given: Any) -> None:
    """The same keys and types; every item of a list is like the first one of the sample, every time like a time."""
    assert type(given) is type(sample)
    if isinstance(sample, dict):
        assert list(given) == list(sample)
        for key in sample:
            assert_same_shape(sample[key], given[key])
    elif isinstance(sample, list):
        assert given
        for item in given:
            assert_same_shape(sample[0], item)
    elif isinstance(sample, str) and TIME.fullmatch(sample):
        assert TIME.fullmatch(given)


def assert_documented(answer: httpx.Response, sample: dict[str, Any]) -> None:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert_same_shape(sample, body)
    assert (body["status"], body["message"]) == (sample["status"], sample["message"])


async def test_the_list_of_users(http: httpx.AsyncClient) -> None:
    await create(http, "user")
    assert_documented(await http.get("/api/user"), LISTED)


async def test_one_user(http: httpx.AsyncClient) -> None:
    user = await create(http, "user")
    answer = await http.get(f"/api/user/{user['id']}")
    assert_documented(answer, LISTED)
    assert answer.json()["data"] == {"list": [user], "pagination": PAGINATION}


async def test_a_user_created_with_an_id(http: httpx.AsyncClient) -> None:
    body = new_entity("user")
    answer = await http.post("/api/user/700001", json=body)
    assert_documented(answer, success(USER))
    user = answer.json()["data"]
    assert (user["id"], user["email"], user["name"]) == (700001, body["email"], body["name"])


async def test_a_user_changed_and_deleted(http: httpx.AsyncClient) -> None:
    path = f"/api/user/{await create_id(http, 'user')}"
    changed = await http.put(path, json={"name": "Other"})
    assert (changed.status_code, changed.json()) == (200, success([1]))
    deleted = await http.delete(path)
    assert (deleted.status_code, deleted.json()) == (200, success([1]))


async def test_groups_roles_and_resources_of_a_user(http: httpx.AsyncClient) -> None:
    path = f"/api/user/{await create_id(http, 'user')}"
    groups = [await create_id(http, "group") for _ in range(2)]
    roles = [await create_id(http, "role") for _ in range(2)]
    resources = [await create_id(http, "resource") for _ in range(2)]
    await link(http, f"{path}/group", *groups)
    await link(http, f"{path}/role", *roles)
    await link(http, f"/api/role/{roles[0]}/resource", *resources)
    assert_documented(await http.get(f"{path}/group"), success([GROUP]))
    assert_documented(await http.get(f"{path}/role"), success([ROLE]))
    assert_documented(await http.get(f"{path}/resource"), success([RESOURCE]))
    for kind in ("group", "role"):
        await link(http, f"{path}/{kind}", verb="DELETE")


async def test_the_siblings_have_plain_objects(http: httpx.AsyncClient) -> None:
    samples = {"app": APP, "resource-type": APP, "group": GROUP, "role": ROLE, "resource": RESOURCE}
    for entity, sample in samples.items():
        answer = await http.post(f"/api/{entity}", json=new_entity(entity))
        assert_documented(answer, success(sample))
        row = answer.json()["data"]
        one = await http.get(f"/api/{entity}/{row['id']}")
        assert one.json() == success(row)
        listed = success({"list": [sample], "pagination": PAGINATION})
        assert_documented(await http.get(f"/api/{entity}"), listed)


async def test_the_links_of_groups_and_roles_answer_without_data(http: httpx.AsyncClient) -> None:
    group, role, resource = [await create_id(http, entity) for entity in ("group", "role", "resource")]
    for path, target, sample in (
        (f"/api/group/{group}/role", role, ROLE),
        (f"/api/role/{role}/resource", resource, RESOURCE),
    ):
        await link(http, path, target)
        assert_documented(await http.get(path), success([sample]))
        await link(http, path, target, verb="DELETE")
        assert (await http.get(path)).json() == success([])
