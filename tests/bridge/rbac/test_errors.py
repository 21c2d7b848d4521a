"""Every error text of rbac, and the order of checks."""

from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.hostile_input import NOT_TEXTS, WHITE, long_text
from tests.support.rbac import (
    ENTITIES,
    IN_APP,
    LINKS,
    NOBODY,
    assert_refused,
    create,
    create_id,
    link,
    new_entity,
    read_ids,
    success_data,
)
from tests.support.rbac import code as some_code

TEXTS = {"user": ("email", "name"), "resource": ("code",)}


OWNERS = {"group": ("app_id",), "role": ("app_id",), "resource": ("app_id", "resource_type_id")}


NOT_NUMBERS: list[Any] = [
    "1",
    "1 or 1=1",
    " ",
    1.0,
    1.5,
    True,
    False,
    [],
    [1],
    {},
    {"$gt": ""},
    0,
    -1,
    2**53,
    2**63 - 1,
]


NOT_ADDRESSES = ["a", "a@b", "a@b.c@d.e", "a b@c.de", "@b.cd", "a@-b.cd", "名@b.cd", "a..b@c.de", "a@b.cd;c@d.ef"]


def faults(entity: str) -> list[tuple[str, Any, str]]:
    """Field, value, expected message."""
    cases: list[tuple[str, Any, str]] = []
    for key in TEXTS.get(entity, ("code", "name")):
        cases += [(key, value, f"{key} is required") for value in (None, "", *WHITE)]
        cases += [(key, value, f"{key} must be a string") for value in NOT_TEXTS]
        cases += [(key, value, f"{key} is too long") for value in (long_text(), "x" * 256)]
        cases += [(key, value, f"{key} contains illegal characters") for value in ("a\0b", "a\x7fb", "a\nb")]
    for key in OWNERS.get(entity, ()):
        cases += [(key, value, f"{key} is required") for value in (None, "")]
        cases += [(key, value, f"{key} must be an integer") for value in NOT_NUMBERS]
    return cases


FAULTS = [
    *((entity, *fault) for entity in ENTITIES for fault in faults(entity)),
    *(("user", "email", value, "email is not a valid e-mail address") for value in NOT_ADDRESSES),
    *(("resource", "detail", value, "detail must be a string") for value in NOT_TEXTS),
    ("resource", "detail", long_text(), "detail is too long"),
    ("resource", "detail", "a\0b", "detail contains illegal characters"),
]


def not_found_text(entity: str) -> str:
    return f"{entity.replace('-', ' ')} not found"


@pytest.mark.parametrize("entity", ENTITIES)
async def test_an_error_in_a_field_is_reported_on_create_and_update(http: httpx.AsyncClient, entity: str) -> None:
    path = f"/api/{entity}/{await create_id(http, entity)}"
    for _, key, value, message in (fault for fault in FAULTS if fault[0] == entity):
        assert_refused(await http.post(f"/api/{entity}", json=new_entity(entity, **{key: value})), 400, message)
        assert_refused(await http.put(path, json={key: value}), 400, message)


@pytest.mark.parametrize("entity", ENTITIES)
async def test_missing_fields_are_reported_in_the_order_of_the_fields(http: httpx.AsyncClient, entity: str) -> None:
    body, keys = new_entity(entity), [key for key in new_entity(entity) if key != "detail"]
    for at, key in enumerate(keys):
        left = {name: value for name, value in body.items() if name not in keys[at:]}
        assert_refused(await http.post(f"/api/{entity}", json=left), 400, f"{key} is required")
        wrong = body | dict.fromkeys(keys[at:], True)
        kind = "an integer" if key.endswith("_id") else "a string"
        assert_refused(await http.post(f"/api/{entity}", json=wrong), 400, f"{key} must be {kind}")


@pytest.mark.parametrize("entity", ENTITIES)
async def test_an_unknown_entity_is_not_found(http: httpx.AsyncClient, entity: str) -> None:
    path = f"/api/{entity}/{NOBODY}"
    for answer in (await http.get(path), await http.put(path, json={}), await http.delete(path)):
        assert_refused(answer, 404, not_found_text(entity))
    below = {"user": ("group", "role", "resource"), "app": IN_APP, "group": ("role",), "role": ("resource",)}
    for end in below.get(entity, ()):
        assert_refused(await http.get(f"{path}/{end}"), 404, not_found_text(entity))


@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_links_need_both_sides_and_add_all_or_nothing(http: httpx.AsyncClient, start: str, end: str) -> None:
    target = await create_id(http, end)
    nowhere, path = f"/api/{start}/{NOBODY}/{end}", f"/api/{start}/{await create_id(http, start)}/{end}"
    for body in ([target], [NOBODY], [], None):
        assert_refused(await http.post(nowhere, json=body), 404, not_found_text(start))
        assert_refused(await http.request("DELETE", nowhere, json=body), 404, not_found_text(start))
    assert_refused(await http.post(path, json=[target, NOBODY]), 404, not_found_text(end))
    assert await read_ids(http, path) == []
    await link(http, path, target)
    await link(http, path, NOBODY, verb="DELETE")
    assert await read_ids(http, path) == [target]


@pytest.mark.parametrize("entity", ["user", "group", "role"])
async def test_an_id_of_the_callers_choice_has_31_bits(http: httpx.AsyncClient, entity: str) -> None:
    for given in (0, 2**31, NOBODY):
        answer = await http.post(f"/api/{entity}/{given}", json=new_entity(entity))
        assert_refused(answer, 400, "id must be a positive integer")


@pytest.mark.parametrize("entity", IN_APP)
async def test_referenced_entities_must_exist(http: httpx.AsyncClient, entity: str) -> None:
    row = await create(http, entity)
    path = f"/api/{entity}/{row['id']}"
    for key in OWNERS[entity]:
        wrong = {key: NOBODY, "code": row["code"]}
        assert_refused(
            await http.post(f"/api/{entity}", json=new_entity(entity, **wrong)), 404, not_found_text(_owner(key))
        )
        assert_refused(await http.put(path, json=wrong), 404, not_found_text(_owner(key)))
        if entity != "resource":
            answer = await http.post(path, json=new_entity(entity, **wrong))
            assert_refused(answer, 404, not_found_text(_owner(key)))
    both = new_entity(entity, **dict.fromkeys(OWNERS[entity], NOBODY))
    assert_refused(await http.post(f"/api/{entity}", json=both), 404, "app not found")
    assert_refused(await http.put(f"/api/{entity}/{NOBODY}", json=both), 404, not_found_text(entity))


def _owner(key: str) -> str:
    return key.removesuffix("_id").replace("_", "-")


@pytest.mark.parametrize("entity", ENTITIES[1:])
async def test_a_code_is_taken_once(http: httpx.AsyncClient, entity: str) -> None:
    taken, row = some_code(), await create(http, entity)
    await create(http, entity, code=taken)
    message, path = "code already exists", f"/api/{entity}/{row['id']}"
    assert_refused(await http.post(f"/api/{entity}", json=new_entity(entity, code=taken)), 409, message)
    assert_refused(await http.put(path, json={"code": taken}), 409, message)
    assert success_data(await http.put(path, json={"code": row["code"]})) == [1]


async def test_an_address_is_taken_in_any_letter_case_and_by_any_dialect(http: httpx.AsyncClient) -> None:
    taken, other = await create(http, "user"), await create(http, "user")
    message = "email already exists"
    for address in (taken["email"], taken["email"].upper(), f" {taken['email']} "):
        assert_refused(await http.post("/api/user", json=new_entity("user", email=address)), 409, message)
        assert_refused(await http.put(f"/api/user/{other['id']}", json={"email": address}), 409, message)
    username = new_entity("user")["email"]
    await http.post("/user", json={"username": username, "usertype": "user"})
    assert_refused(await http.post("/api/user", json=new_entity("user", email=username)), 409, message)
    assert success_data(await http.put(f"/api/user/{taken['id']}", json={"email": taken["email"].upper()})) == [1]


async def test_an_administrator_role_stays_as_it_is(http: httpx.AsyncClient, client: Client) -> None:
    app = await create_id(http, "app")
    given = {"app_id": app, "code": some_code(), "name": "root", "admin": 1}
    path = f"/api/role/{(await client.done('role.create', given))['id']}"
    message = "administrator role cannot be changed"
    assert_refused(await http.put(path, json={"name": "other"}), 409, message)
    assert_refused(await http.put(path, json={"app_id": NOBODY}), 409, message)
    assert_refused(await http.delete(path), 409, message)
    assert_refused(await http.delete(f"/api/app/{app}"), 409, message)


async def test_a_role_deleted_softly_is_absent(http: httpx.AsyncClient, client: Client) -> None:
    role, user = await create(http, "role"), await create_id(http, "user")
    path = f"/api/role/{role['id']}"
    await link(http, f"/api/user/{user}/role", role["id"])
    await client.done("role.set_status", {"id": role["id"], "status": -1})
    answers = [await http.get(path), await http.put(path, json={}), await http.delete(path)]
    answers += [await http.get(f"{path}/resource"), await http.post(f"/api/user/{user}/role", json=[role["id"]])]
    for answer in answers:
        assert_refused(answer, 404, "role not found")
    assert (
        await read_ids(http, f"/api/user/{user}/role")
        == await read_ids(http, "/api/role", filter={"id": role["id"]})
        == []
    )
    assert_refused(await http.post(path, json=new_entity("role")), 409, "id already exists")
