"""Entities of rbac on the whole stack: create, read, update, delete, link."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.rbac import (
    ENTITIES,
    IN_APP,
    LINKS,
    assert_refused,
    code,
    create,
    create_id,
    link,
    new_entity,
    read,
    read_ids,
    success_data,
)


@pytest.mark.parametrize("entity", ENTITIES)
async def test_an_entity_is_created_read_updated_and_deleted(http: httpx.AsyncClient, entity: str) -> None:
    body = new_entity(entity)
    row = success_data(await http.post(f"/api/{entity}", json=body))
    assert row == {"id": row["id"], **body} | {key: row[key] for key in ("create_time", "update_time")}
    path = f"/api/{entity}/{row['id']}"
    changed = new_entity(entity)
    assert success_data(await http.put(path, json=changed)) == [1]
    after = await _read_one(http, entity, path)
    assert after == {**row, **changed, "update_time": after["update_time"]}
    assert after["update_time"] >= row["update_time"]
    assert success_data(await http.delete(path)) == [1]
    assert_refused(await http.get(path), 404, f"{entity.replace('-', ' ')} not found")


async def _read_one(http: httpx.AsyncClient, entity: str, path: str) -> Any:
    found = await read(http, path)
    return found["list"][0] if entity == "user" else found


@pytest.mark.parametrize("entity", ENTITIES)
async def test_any_subset_may_be_changed_and_nothing_moves_the_time_only(http: httpx.AsyncClient, entity: str) -> None:
    row = await create(http, entity)
    path = f"/api/{entity}/{row['id']}"
    await asyncio.sleep(0.002)
    assert success_data(await http.put(path, json={})) == [1]
    after = await _read_one(http, entity, path)
    assert after["update_time"] > row["update_time"]
    assert after == {**row, "update_time": after["update_time"]}
    for key, value in new_entity(entity).items():
        assert success_data(await http.put(path, json={key: value, "id": 7, "admin": 1, "root": 1})) == [1]
        assert (await _read_one(http, entity, path))[key] == value


@pytest.mark.parametrize("entity", ["user", "group", "role"])
async def test_an_id_may_be_chosen_once_and_moves_the_counter_past_it(http: httpx.AsyncClient, entity: str) -> None:
    chosen = (await create_id(http, entity)) + 1000
    row = success_data(await http.post(f"/api/{entity}/{chosen}", json=new_entity(entity)))
    assert row["id"] == chosen
    again = await http.post(f"/api/{entity}/{chosen}", json=new_entity(entity))
    assert_refused(again, 409, "id already exists")
    same = new_entity(entity) | {key: row[key] for key in ("email", "code") if key in row}
    assert_refused(await http.post(f"/api/{entity}/{chosen}", json=same), 409, "id already exists")
    assert await create_id(http, entity) > chosen
    assert success_data(await http.delete(f"/api/{entity}/{chosen}")) == [1]
    assert (success_data(await http.post(f"/api/{entity}/{chosen}", json=new_entity(entity))))["id"] == chosen


async def test_texts_are_trimmed_and_detail_may_be_left_out(http: httpx.AsyncClient) -> None:
    name = uuid4().hex
    user = await create(http, "user", name=f"  {name}\n", email=f" {name}@Example.com ")
    assert (user["name"], user["email"]) == (name, f"{name}@Example.com")
    for detail in ({}, {"detail": None}, {"detail": ""}, {"detail": " "}):
        given = {key: value for key, value in new_entity("resource").items() if key != "detail"} | detail
        row = success_data(await http.post("/api/resource", json=given))
        assert row["detail"] == ""
    path = f"/api/resource/{await create_id(http, 'resource')}"
    assert success_data(await http.put(path, json={"detail": ""})) == [1]
    assert (await read(http, path))["detail"] == ""


async def test_codes_are_compared_exactly_and_belong_to_their_app(http: httpx.AsyncClient) -> None:
    other, given = await create_id(http, "app"), code("Code")
    for entity in IN_APP:
        others: list[dict[str, Any]] = [{}, {"code": given.upper()}, {"app_id": other}]
        assert len({await create_id(http, entity, **{"code": given, **each}) for each in others}) == len(others)
    for entity in ("app", "resource-type"):
        assert len({await create_id(http, entity, code=each) for each in (given, given.upper())}) == 2


async def test_of_concurrent_requests_for_one_address_or_code_one_succeeds(http: httpx.AsyncClient) -> None:
    for entity in ENTITIES:
        body = new_entity(entity)
        answers = await asyncio.gather(*(http.post(f"/api/{entity}", json=body) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_of_concurrent_requests_for_one_id_one_succeeds(http: httpx.AsyncClient) -> None:
    for entity in ("user", "group", "role"):
        path = f"/api/{entity}/{(await create_id(http, entity)) + 500}"
        answers = await asyncio.gather(*(http.post(path, json=new_entity(entity)) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_roles_and_resources_of_a_user_come_through_groups_too_each_once(http: httpx.AsyncClient) -> None:
    user = f"/api/user/{await create_id(http, 'user')}"
    group = await create_id(http, "group")
    direct, shared, through = [await create_id(http, "role") for _ in range(3)]
    first, second, third = [await create_id(http, "resource") for _ in range(3)]
    await link(http, f"{user}/group", group)
    await link(http, f"{user}/role", shared, direct)
    await link(http, f"/api/group/{group}/role", through, shared)
    await link(http, f"/api/role/{direct}/resource", first, second)
    await link(http, f"/api/role/{through}/resource", third, second)
    assert await read_ids(http, f"{user}/role") == [direct, shared, through]
    assert await read_ids(http, f"{user}/resource") == [first, second, third]
    await link(http, f"{user}/role", verb="DELETE")
    assert await read_ids(http, f"{user}/role") == [shared, through]
    assert await read_ids(http, f"{user}/resource") == [second, third]


async def test_the_groups_roles_and_resources_of_an_app(http: httpx.AsyncClient) -> None:
    app, other = await create_id(http, "app"), await create_id(http, "app")
    for entity in IN_APP:
        mine = [await create_id(http, entity, app_id=app) for _ in range(2)]
        await create_id(http, entity, app_id=other)
        assert await read_ids(http, f"/api/app/{app}/{entity}") == mine


async def test_what_belongs_to_an_app_is_deleted_with_it(http: httpx.AsyncClient) -> None:
    app, user = await create_id(http, "app"), await create_id(http, "user")
    group, role, resource = [await create_id(http, entity, app_id=app) for entity in IN_APP]
    await link(http, f"/api/user/{user}/group", group)
    await link(http, f"/api/user/{user}/role", role)
    await link(http, f"/api/group/{group}/role", role)
    await link(http, f"/api/role/{role}/resource", resource)
    assert success_data(await http.delete(f"/api/app/{app}")) == [1]
    for entity, gone in zip(IN_APP, (group, role, resource), strict=True):
        assert_refused(await http.get(f"/api/{entity}/{gone}"), 404, f"{entity} not found")
        assert await read_ids(http, f"/api/user/{user}/{entity}") == []


async def test_links_are_deleted_with_their_entities(http: httpx.AsyncClient) -> None:
    kind = await create_id(http, "resource-type")
    for start, end in LINKS:
        kept, gone = await create_id(http, end), await create_id(http, end, **_type_fields(end, kind))
        path = f"/api/{start}/{await create_id(http, start)}/{end}"
        await link(http, path, kept, gone)
        fall = f"/api/resource-type/{kind}" if end == "resource" else f"/api/{end}/{gone}"
        assert success_data(await http.delete(fall)) == [1]
        assert await read_ids(http, path) == [kept]


def _type_fields(end: str, kind: int) -> dict[str, int]:
    return {"resource_type_id": kind} if end == "resource" else {}


async def test_a_user_of_another_dialect_is_shown_under_its_name(http: httpx.AsyncClient) -> None:
    username = f"user_{uuid4().hex[:8]}"
    user = (await http.post("/user", json={"username": username, "usertype": "user"})).json()["data"]["user_id"]
    (row,) = (await read(http, f"/api/user/{user}"))["list"]
    assert (row["email"], row["name"]) == ("", username)
    assert await read_ids(http, "/api/user", filter={"name": username.upper()}) == [user]
    assert success_data(await http.delete(f"/api/user/{user}")) == [1]
    assert (await http.get(f"/user/{username}")).status_code == 404


async def test_a_user_deleted_softly_is_absent_but_can_be_erased(http: httpx.AsyncClient) -> None:
    user = await create(http, "user")
    path = f"/api/user/{user['id']}"
    await http.post("/v1/user/update_field", json={"id": user["id"], "status": -1})
    for answer in (await http.get(path), await http.put(path, json={}), await http.get(f"{path}/role")):
        assert_refused(answer, 404, "user not found")
    assert await read_ids(http, "/api/user", filter=json.dumps({"id": user["id"]})) == []
    assert_refused(await http.post(path, json=new_entity("user")), 409, "id already exists")
    assert success_data(await http.delete(path)) == [1]
    assert_refused(await http.delete(path), 404, "user not found")
