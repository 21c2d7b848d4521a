"""rbac on the whole stack (seed 001, REST contract section 3): rows, links, and what falls with them."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.bridge.rbac import (
    DONE,
    ENTITIES,
    IN_APP,
    LINKS,
    code,
    data,
    ids,
    link,
    made,
    new,
    number,
    read,
    refused,
)


@pytest.mark.parametrize("entity", ENTITIES)
async def test_a_row_is_created_read_changed_and_deleted(http: httpx.AsyncClient, entity: str) -> None:
    body = new(entity)
    row = await data(await http.post(f"/api/{entity}", json=body))
    assert row == {"id": row["id"], **body} | {key: row[key] for key in ("create_time", "update_time")}
    path = f"/api/{entity}/{row['id']}"
    changed = new(entity)
    assert await data(await http.put(path, json=changed)) == [1]
    after = await _one(http, entity, path)
    assert after == {**row, **changed, "update_time": after["update_time"]}
    assert after["update_time"] >= row["update_time"]
    assert await data(await http.delete(path)) == [1]
    await refused(await http.get(path), 404, f"{entity.replace('-', ' ')} not found")


async def _one(http: httpx.AsyncClient, entity: str, path: str) -> Any:
    found = await read(http, path)
    return found["list"][0] if entity == "user" else found


@pytest.mark.parametrize("entity", ENTITIES)
async def test_any_subset_may_be_changed_and_nothing_moves_the_time_only(http: httpx.AsyncClient, entity: str) -> None:
    row = await made(http, entity)
    path = f"/api/{entity}/{row['id']}"
    await asyncio.sleep(0.002)
    assert await data(await http.put(path, json={})) == [1]
    after = await _one(http, entity, path)
    assert after["update_time"] > row["update_time"]
    assert after == {**row, "update_time": after["update_time"]}
    for key, value in new(entity).items():
        assert await data(await http.put(path, json={key: value, "id": 7, "admin": 1, "root": 1})) == [1]
        assert (await _one(http, entity, path))[key] == value


@pytest.mark.parametrize("entity", ["user", "group", "role"])
async def test_an_id_may_be_chosen_once_and_moves_the_counter_past_it(http: httpx.AsyncClient, entity: str) -> None:
    chosen = (await number(http, entity)) + 1000
    row = await data(await http.post(f"/api/{entity}/{chosen}", json=new(entity)))
    assert row["id"] == chosen
    again = await http.post(f"/api/{entity}/{chosen}", json=new(entity))
    await refused(again, 409, "id already exists")
    same = new(entity) | {key: row[key] for key in ("email", "code") if key in row}
    await refused(await http.post(f"/api/{entity}/{chosen}", json=same), 409, "id already exists")
    assert await number(http, entity) > chosen
    assert await data(await http.delete(f"/api/{entity}/{chosen}")) == [1]
    assert (await data(await http.post(f"/api/{entity}/{chosen}", json=new(entity))))["id"] == chosen


async def test_texts_are_trimmed_and_detail_may_be_left_out(http: httpx.AsyncClient) -> None:
    name = uuid4().hex
    user = await made(http, "user", name=f"  {name}\n", email=f" {name}@Example.com ")
    assert (user["name"], user["email"]) == (name, f"{name}@Example.com")
    for detail in ({}, {"detail": None}, {"detail": ""}, {"detail": " "}):
        given = {key: value for key, value in new("resource").items() if key != "detail"} | detail
        row = await data(await http.post("/api/resource", json=given))
        assert row["detail"] == ""
    path = f"/api/resource/{await number(http, 'resource')}"
    assert await data(await http.put(path, json={"detail": ""})) == [1]
    assert (await read(http, path))["detail"] == ""


async def test_codes_are_compared_exactly_and_belong_to_their_app(http: httpx.AsyncClient) -> None:
    other, given = await number(http, "app"), code("Code")
    for entity in IN_APP:
        await made(http, entity, code=given)
        await made(http, entity, code=given.upper())
        await made(http, entity, code=given, app_id=other)
    for entity in ("app", "resource-type"):
        await made(http, entity, code=given)
        await made(http, entity, code=given.upper())


async def test_of_many_who_want_one_address_or_code_one_gets_it(http: httpx.AsyncClient) -> None:
    for entity in ENTITIES:
        body = new(entity)
        answers = await asyncio.gather(*(http.post(f"/api/{entity}", json=body) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_of_many_who_want_one_id_one_gets_it(http: httpx.AsyncClient) -> None:
    for entity in ("user", "group", "role"):
        path = f"/api/{entity}/{(await number(http, entity)) + 500}"
        answers = await asyncio.gather(*(http.post(path, json=new(entity)) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


GIVEN = [
    (lambda a, b: [a, b]),
    (lambda a, b: {"ids": [a, b]}),
    (lambda a, b: {"ids": f"{a},{b}"}),
    (lambda a, b: {"ids": f" {a} , {b} ", "other": 1}),
    (lambda a, b: {"ids": [str(a), b, b]}),
    (lambda a, b: f"{a},{b}"),
    (lambda a, b: [str(a), str(b)]),
]


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_links_take_ids_in_every_documented_form(
    http: httpx.AsyncClient, start: str, end: str, given: Any
) -> None:
    path = f"/api/{start}/{await number(http, start)}/{end}"
    a, b, c = [await number(http, end) for _ in range(3)]
    await link(http, path, c)
    for _ in range(2):
        answer = await http.post(path, json=given(a, b))
        assert (answer.status_code, answer.json()) == (200, DONE)
        assert await ids(http, path) == [a, b, c]
    for _ in range(2):
        answer = await http.request("DELETE", path, json=given(a, b))
        assert (answer.status_code, answer.json()) == (200, DONE)
        assert await ids(http, path) == [c]


@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_one_id_and_the_query_are_forms_too(http: httpx.AsyncClient, start: str, end: str) -> None:
    path = f"/api/{start}/{await number(http, start)}/{end}"
    a, b = await number(http, end), await number(http, end)
    for body in (a, {"ids": b}, {"ids": str(a)}):
        assert (await http.post(path, json=body)).json() == DONE
    await http.delete(path, params={"ids": f"{a}"})
    assert await ids(http, path) == [b]
    for query in (f"{a},{b}", [str(a), str(b)]):
        await link(http, path, verb="DELETE")
        assert (await http.post(path, params={"ids": query})).json() == DONE
        assert await ids(http, path) == [a, b]
    body_first = await http.request("DELETE", path, json=[a], params={"ids": str(b)})
    assert (body_first.json(), await ids(http, path)) == (DONE, [b])


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'""', b"{}", b'{"ids":null}', b'{"ids":[]}', b'{"ids":""}'])
@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_without_ids_nothing_is_added_and_all_is_removed(
    http: httpx.AsyncClient, start: str, end: str, body: bytes
) -> None:
    path = f"/api/{start}/{await number(http, start)}/{end}"
    a, b = await number(http, end), await number(http, end)
    await link(http, path, a, b)
    assert (await http.post(path, content=body)).json() == DONE
    assert await ids(http, path) == [a, b]
    assert (await http.request("DELETE", path, content=body)).json() == DONE
    assert await ids(http, path) == []


async def test_roles_and_resources_of_a_user_come_through_groups_too_each_once(http: httpx.AsyncClient) -> None:
    user = f"/api/user/{await number(http, 'user')}"
    group = await number(http, "group")
    direct, shared, through = [await number(http, "role") for _ in range(3)]
    first, second, third = [await number(http, "resource") for _ in range(3)]
    await link(http, f"{user}/group", group)
    await link(http, f"{user}/role", shared, direct)
    await link(http, f"/api/group/{group}/role", through, shared)
    await link(http, f"/api/role/{direct}/resource", first, second)
    await link(http, f"/api/role/{through}/resource", third, second)
    assert await ids(http, f"{user}/role") == [direct, shared, through]
    assert await ids(http, f"{user}/resource") == [first, second, third]
    await link(http, f"{user}/role", verb="DELETE")
    assert await ids(http, f"{user}/role") == [shared, through]
    assert await ids(http, f"{user}/resource") == [second, third]


async def test_the_groups_roles_and_resources_of_an_app(http: httpx.AsyncClient) -> None:
    app, other = await number(http, "app"), await number(http, "app")
    for entity in IN_APP:
        mine = [await number(http, entity, app_id=app) for _ in range(2)]
        await number(http, entity, app_id=other)
        assert await ids(http, f"/api/app/{app}/{entity}") == mine


async def test_what_belongs_to_an_app_falls_with_it(http: httpx.AsyncClient) -> None:
    app, user = await number(http, "app"), await number(http, "user")
    group, role, resource = [await number(http, entity, app_id=app) for entity in IN_APP]
    await link(http, f"/api/user/{user}/group", group)
    await link(http, f"/api/user/{user}/role", role)
    await link(http, f"/api/group/{group}/role", role)
    await link(http, f"/api/role/{role}/resource", resource)
    assert await data(await http.delete(f"/api/app/{app}")) == [1]
    for entity, gone in zip(IN_APP, (group, role, resource), strict=True):
        await refused(await http.get(f"/api/{entity}/{gone}"), 404, f"{entity} not found")
        assert await ids(http, f"/api/user/{user}/{entity}") == []


async def test_links_fall_with_what_they_lead_to(http: httpx.AsyncClient) -> None:
    kind = await number(http, "resource-type")
    for start, end in LINKS:
        kept, gone = await number(http, end), await number(http, end, **_of(end, kind))
        path = f"/api/{start}/{await number(http, start)}/{end}"
        await link(http, path, kept, gone)
        fall = f"/api/resource-type/{kind}" if end == "resource" else f"/api/{end}/{gone}"
        assert await data(await http.delete(fall)) == [1]
        assert await ids(http, path) == [kept]


def _of(end: str, kind: int) -> dict[str, int]:
    return {"resource_type_id": kind} if end == "resource" else {}


async def test_a_user_of_another_dialect_is_shown_under_its_name(http: httpx.AsyncClient) -> None:
    username = f"user_{uuid4().hex[:8]}"
    user = (await http.post("/user", json={"username": username, "usertype": "user"})).json()["data"]["user_id"]
    (row,) = (await read(http, f"/api/user/{user}"))["list"]
    assert (row["email"], row["name"]) == ("", username)
    assert await ids(http, "/api/user", filter={"name": username.upper()}) == [user]
    assert await data(await http.delete(f"/api/user/{user}")) == [1]
    assert (await http.get(f"/user/{username}")).status_code == 404


async def test_a_user_deleted_softly_is_absent_but_can_be_erased(http: httpx.AsyncClient) -> None:
    user = await made(http, "user")
    path = f"/api/user/{user['id']}"
    await http.post("/v1/user/update_field", json={"id": user["id"], "status": -1})
    for answer in (await http.get(path), await http.put(path, json={}), await http.get(f"{path}/role")):
        await refused(answer, 404, "user not found")
    assert await ids(http, "/api/user", filter=json.dumps({"id": user["id"]})) == []
    await refused(await http.post(path, json=new("user")), 409, "id already exists")
    assert await data(await http.delete(path)) == [1]
    await refused(await http.delete(path), 404, "user not found")
