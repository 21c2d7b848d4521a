"""Links between entities of rbac: the forms in which ids are given, and what is refused."""

from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.hostile_input import long_text
from tests.support.rbac import DONE, LINKS, assert_refused, create_id, link, read_ids
from tests.support.rows import a_role, an_app

GIVEN = [
    (lambda a, b: [a, b]),
    (lambda a, b: {"ids": [a, b]}),
    (lambda a, b: {"ids": f"{a},{b}"}),
    (lambda a, b: {"ids": f" {a} , {b} ", "other": 1}),
    (lambda a, b: {"ids": [str(a), b, b]}),
    (lambda a, b: f"{a},{b}"),
    (lambda a, b: [str(a), str(b)]),
]


@pytest.mark.parametrize("start", ["user", "group"])
async def test_an_administrator_role_is_given_to_nobody(http: httpx.AsyncClient, client: Client, start: str) -> None:
    app = await an_app(client)
    plain, admin = await a_role(client, app), await a_role(client, app, admin=1)
    path = f"/api/{start}/{await create_id(http, start)}/role"
    answer = await http.post(path, json=[plain["id"], admin["id"]])
    assert_refused(answer, 409, "administrator role cannot be changed")
    assert await read_ids(http, path) == []
    await link(http, path, plain["id"])
    assert await read_ids(http, path) == [plain["id"]]


async def test_a_group_with_an_administrator_role_is_joined_by_nobody(http: httpx.AsyncClient, client: Client) -> None:
    app = await an_app(client)
    role, groups = await a_role(client, app, admin=1), [await create_id(http, "group") for _ in range(2)]
    await client.done("group.grant", {"group_id": groups[1], "role_ids": [role["id"]]})
    user = await create_id(http, "user")
    assert_refused(await http.post(f"/api/user/{user}/group", json=groups), 409, "administrator role cannot be changed")
    assert await read_ids(http, f"/api/user/{user}/group") == []
    await link(http, f"/api/user/{user}/group", groups[0])
    await client.done("group.join", {"user_id": user, "group_ids": groups})
    assert await read_ids(http, f"/api/user/{user}/group") == groups


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_links_take_ids_in_every_documented_form(
    http: httpx.AsyncClient, start: str, end: str, given: Any
) -> None:
    path = f"/api/{start}/{await create_id(http, start)}/{end}"
    a, b, c = [await create_id(http, end) for _ in range(3)]
    await link(http, path, c)
    for _ in range(2):
        answer = await http.post(path, json=given(a, b))
        assert (answer.status_code, answer.json()) == (200, DONE)
        assert await read_ids(http, path) == [a, b, c]
    for _ in range(2):
        answer = await http.request("DELETE", path, json=given(a, b))
        assert (answer.status_code, answer.json()) == (200, DONE)
        assert await read_ids(http, path) == [c]


@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_one_id_and_the_query_are_forms_too(http: httpx.AsyncClient, start: str, end: str) -> None:
    path = f"/api/{start}/{await create_id(http, start)}/{end}"
    a, b = await create_id(http, end), await create_id(http, end)
    for body in (a, {"ids": b}, {"ids": str(a)}):
        assert (await http.post(path, json=body)).json() == DONE
    await http.delete(path, params={"ids": f"{a}"})
    assert await read_ids(http, path) == [b]
    for query in (f"{a},{b}", [str(a), str(b)]):
        await link(http, path, verb="DELETE")
        assert (await http.post(path, params={"ids": query})).json() == DONE
        assert await read_ids(http, path) == [a, b]
    body_first = await http.request("DELETE", path, json=[a], params={"ids": str(b)})
    assert (body_first.json(), await read_ids(http, path)) == (DONE, [b])


@pytest.mark.parametrize(
    "query",
    [
        "ids[]={a}&ids[]={b}", "ids%5B%5D={a}&ids%5B%5D={b}", "ids[0]={a}&ids[1]={b}", "ids={a}&ids={b}", "ids={a},{b}",
        "ids={a}%2C{b}", "ids[]={a},{b}", "ids={a}&ids[]={b}", "ids[]={a}&ids[]={b}&_=1700000000000",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_a_query_lists_ids_as_common_clients_write_lists(
    http: httpx.AsyncClient, start: str, end: str, query: str
) -> None:
    path = f"/api/{start}/{await create_id(http, start)}/{end}"
    a, b, c = [await create_id(http, end) for _ in range(3)]
    await link(http, path, c)
    query = query.format(a=a, b=b)
    assert (await http.post(f"{path}?{query}")).json() == DONE
    assert await read_ids(http, path) == [a, b, c]
    assert (await http.delete(f"{path}?{query}")).json() == DONE
    assert await read_ids(http, path) == [c]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'""', b"{}", b'{"ids":null}', b'{"ids":[]}', b'{"ids":""}'])
@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_without_ids_nothing_is_added_and_all_is_removed(
    http: httpx.AsyncClient, start: str, end: str, body: bytes
) -> None:
    path = f"/api/{start}/{await create_id(http, start)}/{end}"
    a, b = await create_id(http, end), await create_id(http, end)
    await link(http, path, a, b)
    assert (await http.post(path, content=body)).json() == DONE
    assert await read_ids(http, path) == [a, b]
    assert (await http.request("DELETE", path, content=body)).json() == DONE
    assert await read_ids(http, path) == []


UNUSABLE: list[Any] = [
    0, -1, 1.0, 1.5, True, False, 2**53, 2**63 - 1, "x", " ", ",", "1,", "1,,2", "1;2", "1 or 1=1", "0", "-1", "1.0",
    "1e3", [0], [-1], [1.0], [True], [None], ["x"], [""], [[1]], [{}], ["1,2"], [1, "x"], [{"$gt": ""}],
    list(range(1, 1002)), ",".join(["1"] * 1001), long_text(),
]  # fmt: skip


@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_unusable_ids_are_refused_and_nothing_is_changed(http: httpx.AsyncClient, start: str, end: str) -> None:
    target, path = await create_id(http, end), f"/api/{start}/{await create_id(http, start)}/{end}"
    await link(http, path, target)
    message = "ids must be a list of positive integers"
    for verb in ("POST", "DELETE"):
        for given in (*UNUSABLE, {}, {"$gt": ""}):
            assert_refused(await http.request(verb, path, json={"ids": given}), 400, message)
        for given in UNUSABLE:
            assert_refused(await http.request(verb, path, json=given), 400, message)
        for text in ("x", "0", "-1", "1,", "1 or 1=1", "[1]", "%FF", str(2**63), '{"$gt":""}', "9" * 400):
            assert_refused(await http.request(verb, path, params={"ids": text}), 400, message)
        for other in ({"id": [1]}, {"foo": 1}, {"$gt": ""}):
            assert_refused(await http.request(verb, path, json=other), 400, "ids is required")
    assert await read_ids(http, path) == [target]


INSTEAD_OF_IDS = (
    "id=5",
    "IDS=5",
    "Ids=5",
    "ids[a]=5",
    "ids[0][]=5",
    "ids[=5",
    "5",
    "=5",
    "ids=&id=5",
    "ids.0=5",
    "%FF=5",
)


@pytest.mark.parametrize(("start", "end"), LINKS)
async def test_a_query_without_ids_but_with_something_else_is_refused(
    http: httpx.AsyncClient, start: str, end: str
) -> None:
    target, path = await create_id(http, end), f"/api/{start}/{await create_id(http, start)}/{end}"
    await link(http, path, target)
    for verb in ("POST", "DELETE"):
        for query in INSTEAD_OF_IDS:
            assert_refused(await http.request(verb, f"{path}?{query}"), 400, "ids is required")
        for body in ({"ids": [], "id": 5}, {"ids": None, "IDS": [5]}, {"ids": "", "ids[]": 5}):
            assert_refused(await http.request(verb, path, json=body), 400, "ids is required")
        for query in ("ids[]=", "ids[0]=&ids[1]=", "ids[]=x", "ids[]=1,", "ids=,"):
            answer = await http.request(verb, f"{path}?{query}")
            assert_refused(answer, 400, "ids must be a list of positive integers")
    assert await read_ids(http, path) == [target]
