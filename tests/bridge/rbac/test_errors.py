"""Each error of rbac, letter by letter (REST contract section 3.4), and the order of checks (section 3.3)."""

from typing import Any

import httpx
import pytest

from tests.bridge.hostile import NOT_TEXTS, WHITE, long_text
from tests.bridge.rbac import ENTITIES, IN_APP, LINKS, NOBODY, data, ids, link, made, new, number, refused
from tests.bridge.rbac import code as some_code
from tests.client import Client

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
    """Field, value, and what is said about it."""
    said: list[tuple[str, Any, str]] = []
    for key in TEXTS.get(entity, ("code", "name")):
        said += [(key, value, f"{key} is required") for value in (None, "", *WHITE)]
        said += [(key, value, f"{key} must be a string") for value in NOT_TEXTS]
        said += [(key, value, f"{key} is too long") for value in (long_text(), "x" * 256)]
        said += [(key, value, f"{key} contains illegal characters") for value in ("a\0b", "a\x7fb", "a\nb")]
    for key in OWNERS.get(entity, ()):
        said += [(key, value, f"{key} is required") for value in (None, "")]
        said += [(key, value, f"{key} must be an integer") for value in NOT_NUMBERS]
    return said


FAULTS = [
    *((entity, *fault) for entity in ENTITIES for fault in faults(entity)),
    *(("user", "email", value, "email is not a valid e-mail address") for value in NOT_ADDRESSES),
    *(("resource", "detail", value, "detail must be a string") for value in NOT_TEXTS),
    ("resource", "detail", long_text(), "detail is too long"),
    ("resource", "detail", "a\0b", "detail contains illegal characters"),
]


def missing(entity: str) -> str:
    return f"{entity.replace('-', ' ')} not found"


@pytest.mark.parametrize("entity", ENTITIES)
async def test_a_fault_in_a_field_is_told_on_create_and_on_change(http: httpx.AsyncClient, entity: str) -> None:
    path = f"/api/{entity}/{await number(http, entity)}"
    for _, key, value, message in (fault for fault in FAULTS if fault[0] == entity):
        await refused(await http.post(f"/api/{entity}", json=new(entity, **{key: value})), 400, message)
        await refused(await http.put(path, json={key: value}), 400, message)


@pytest.mark.parametrize("entity", ENTITIES)
async def test_what_is_required_is_told_in_the_order_of_the_fields(http: httpx.AsyncClient, entity: str) -> None:
    body, keys = new(entity), [key for key in new(entity) if key != "detail"]
    for at, key in enumerate(keys):
        left = {name: value for name, value in body.items() if name not in keys[at:]}
        await refused(await http.post(f"/api/{entity}", json=left), 400, f"{key} is required")
        wrong = body | dict.fromkeys(keys[at:], True)
        kind = "an integer" if key.endswith("_id") else "a string"
        await refused(await http.post(f"/api/{entity}", json=wrong), 400, f"{key} must be {kind}")


@pytest.mark.parametrize("entity", ENTITIES)
async def test_an_unknown_row_is_not_found(http: httpx.AsyncClient, entity: str) -> None:
    path = f"/api/{entity}/{NOBODY}"
    for answer in (await http.get(path), await http.put(path, json={}), await http.delete(path)):
        await refused(answer, 404, missing(entity))
    below = {"user": ("group", "role", "resource"), "app": IN_APP, "group": ("role",), "role": ("resource",)}
    for end in below.get(entity, ()):
        await refused(await http.get(f"{path}/{end}"), 404, missing(entity))


@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_links_need_both_sides_and_add_all_or_nothing(http: httpx.AsyncClient, start: str, end: str) -> None:
    target = await number(http, end)
    nowhere, path = f"/api/{start}/{NOBODY}/{end}", f"/api/{start}/{await number(http, start)}/{end}"
    for body in ([target], [NOBODY], [], None):
        await refused(await http.post(nowhere, json=body), 404, missing(start))
        await refused(await http.request("DELETE", nowhere, json=body), 404, missing(start))
    await refused(await http.post(path, json=[target, NOBODY]), 404, missing(end))
    assert await ids(http, path) == []
    await link(http, path, target)
    await link(http, path, NOBODY, verb="DELETE")
    assert await ids(http, path) == [target]


UNUSABLE: list[Any] = [
    0, -1, 1.0, 1.5, True, False, 2**53, 2**63 - 1, "x", " ", ",", "1,", "1,,2", "1;2", "1 or 1=1", "0", "-1", "1.0",
    "1e3", [0], [-1], [1.0], [True], [None], ["x"], [""], [[1]], [{}], ["1,2"], [1, "x"], [{"$gt": ""}],
    list(range(1, 1002)), ",".join(["1"] * 1001), long_text(),
]  # fmt: skip


@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_unusable_ids_are_refused_and_nothing_is_changed(http: httpx.AsyncClient, start: str, end: str) -> None:
    target, path = await number(http, end), f"/api/{start}/{await number(http, start)}/{end}"
    await link(http, path, target)
    message = "ids must be a list of positive integers"
    for verb in ("POST", "DELETE"):
        for given in (*UNUSABLE, {}, {"$gt": ""}):
            await refused(await http.request(verb, path, json={"ids": given}), 400, message)
        for given in UNUSABLE:
            await refused(await http.request(verb, path, json=given), 400, message)
        for text in ("x", "0", "-1", "1,", "1 or 1=1", "[1]", "%FF", str(2**63), '{"$gt":""}', "9" * 400):
            await refused(await http.request(verb, path, params={"ids": text}), 400, message)
        for other in ({"id": [1]}, {"foo": 1}, {"$gt": ""}):
            await refused(await http.request(verb, path, json=other), 400, "ids is required")
    assert await ids(http, path) == [target]


@pytest.mark.parametrize("entity", ["user", "group", "role"])
async def test_an_id_of_the_callers_choice_has_31_bits(http: httpx.AsyncClient, entity: str) -> None:
    for given in (0, 2**31, NOBODY):
        answer = await http.post(f"/api/{entity}/{given}", json=new(entity))
        await refused(answer, 400, "id must be a positive integer")


@pytest.mark.parametrize("entity", IN_APP)
async def test_rows_that_are_named_must_exist(http: httpx.AsyncClient, entity: str) -> None:
    row = await made(http, entity)
    path = f"/api/{entity}/{row['id']}"
    for key in OWNERS[entity]:
        wrong = {key: NOBODY, "code": row["code"]}
        await refused(await http.post(f"/api/{entity}", json=new(entity, **wrong)), 404, missing(_owner(key)))
        await refused(await http.put(path, json=wrong), 404, missing(_owner(key)))
        if entity != "resource":
            answer = await http.post(path, json=new(entity, **wrong))
            await refused(answer, 404, missing(_owner(key)))
    both = new(entity, **dict.fromkeys(OWNERS[entity], NOBODY))
    await refused(await http.post(f"/api/{entity}", json=both), 404, "app not found")
    await refused(await http.put(f"/api/{entity}/{NOBODY}", json=both), 404, missing(entity))


def _owner(key: str) -> str:
    return key.removesuffix("_id").replace("_", "-")


@pytest.mark.parametrize("entity", ENTITIES[1:])
async def test_a_code_is_taken_once(http: httpx.AsyncClient, entity: str) -> None:
    taken, row = some_code(), await made(http, entity)
    await made(http, entity, code=taken)
    message, path = "code already exists", f"/api/{entity}/{row['id']}"
    await refused(await http.post(f"/api/{entity}", json=new(entity, code=taken)), 409, message)
    await refused(await http.put(path, json={"code": taken}), 409, message)
    assert await data(await http.put(path, json={"code": row["code"]})) == [1]


async def test_an_address_is_taken_in_any_letter_case_and_by_any_dialect(http: httpx.AsyncClient) -> None:
    taken, other = await made(http, "user"), await made(http, "user")
    message = "email already exists"
    for address in (taken["email"], taken["email"].upper(), f" {taken['email']} "):
        await refused(await http.post("/api/user", json=new("user", email=address)), 409, message)
        await refused(await http.put(f"/api/user/{other['id']}", json={"email": address}), 409, message)
    username = new("user")["email"]
    await http.post("/user", json={"username": username, "usertype": "user"})
    await refused(await http.post("/api/user", json=new("user", email=username)), 409, message)
    assert await data(await http.put(f"/api/user/{taken['id']}", json={"email": taken["email"].upper()})) == [1]


async def test_an_administrator_role_stays_as_it_is(http: httpx.AsyncClient, client: Client) -> None:
    app = await number(http, "app")
    given = {"app_id": app, "code": some_code(), "name": "root", "admin": 1}
    path = f"/api/role/{(await client.done('role.create', given))['id']}"
    message = "administrator role cannot be changed"
    await refused(await http.put(path, json={"name": "other"}), 409, message)
    await refused(await http.put(path, json={"app_id": NOBODY}), 409, message)
    await refused(await http.delete(path), 409, message)
    await refused(await http.delete(f"/api/app/{app}"), 409, message)


async def test_a_role_deleted_softly_is_absent(http: httpx.AsyncClient, client: Client) -> None:
    role, user = await made(http, "role"), await number(http, "user")
    path = f"/api/role/{role['id']}"
    await link(http, f"/api/user/{user}/role", role["id"])
    await client.done("role.set_status", {"id": role["id"], "status": -1})
    answers = [await http.get(path), await http.put(path, json={}), await http.delete(path)]
    answers += [await http.get(f"{path}/resource"), await http.post(f"/api/user/{user}/role", json=[role["id"]])]
    for answer in answers:
        await refused(answer, 404, "role not found")
    assert await ids(http, f"/api/user/{user}/role") == await ids(http, "/api/role", filter={"id": role["id"]}) == []
    await refused(await http.post(path, json=new("role")), 409, "id already exists")
