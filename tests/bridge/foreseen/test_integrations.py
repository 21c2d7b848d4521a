"""Integrations of foreseen on the whole stack."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.foreseen import assert_refused, error, new_name, user
from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, NOT_TEXTS, WHITE, long_text

UNKNOWN = {"error_code": 4041, "error_message": "integration not exist"}


async def create_integration(http: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await http.post("/integration", json={"name": new_name("chat"), **fields})
    assert answer.status_code == 200
    assert list(answer.json()) == ["error_code", "error_message", "data"]
    integration: dict[str, Any] = answer.json()["data"]
    return integration


@pytest.mark.parametrize("secrets", [{}, {"secrets": None}, {"secrets": []}, {"secrets": ["a", " b ", "c", "d"]}])
async def test_an_integration_is_made_read_and_deleted_and_never_tells_its_secrets(
    http: httpx.AsyncClient, secrets: dict[str, Any]
) -> None:
    integration = await create_integration(http, **secrets)
    path = f"/integration/{integration['integration_name']}"
    assert list(integration) == ["integration_id", "integration_name"]
    assert isinstance(integration["integration_id"], int)
    shown = {"error_code": 0, "error_message": "success", "data": integration}
    assert (await http.get(path)).json() == shown
    assert (await http.put(path, json={"secrets": ["new"]})).json() == shown
    assert (await http.put(path, json={"secrets": []})).json() == shown
    deleted = await http.delete(path)
    assert (deleted.status_code, deleted.json()) == (200, shown)
    assert ((await http.get(path)).status_code, (await http.get(path)).json()) == (404, UNKNOWN)


async def test_names_are_unique_and_compared_exactly(http: httpx.AsyncClient) -> None:
    taken = (await create_integration(http))["integration_name"]
    answer = await http.post("/integration", json={"name": f" {taken} "})
    assert_refused(answer, 409, 4091, "integration already exist")
    assert (await http.get(f"/integration/{taken.upper()}")).json() == UNKNOWN
    assert (await http.post("/integration", json={"name": taken.upper()})).status_code == 200


@pytest.mark.parametrize("path", ["nosuch", "%00", "a%2Fb", "%20", "..%2F", "%ff"])
async def test_an_unknown_integration_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    for answer in (
        await http.get(f"/integration/{path}"),
        await http.delete(f"/integration/{path}"),
        await http.put(f"/integration/{path}", json={"secrets": []}),
    ):
        assert (answer.status_code, answer.json()) == (404, UNKNOWN)


async def test_an_integration_in_use_stays_also_for_a_deleted_user(http: httpx.AsyncClient) -> None:
    integration = (await create_integration(http))["integration_name"]
    account = {"integration": integration, "account_id": uuid4().hex}
    body = user(accounts=[account])
    number = (await http.post("/user", json=body)).json()["data"]["user_id"]
    await http.post("/v1/user/update_field", json={"id": number, "status": -1})
    answer = await http.delete(f"/integration/{integration}")
    assert_refused(answer, 409, 4094, "integration in use")


NOT_LISTS: list[Any] = [{}, "x", 1, True]
FAULTS: list[tuple[dict[str, Any], int, str]] = [
    ({"name": None}, 4006, "missing required field: name"),
    *(({"name": v}, 4001, "invalid arguments: name") for v in (*NOT_TEXTS, *WHITE, long_text(), "a/b", ".", "..")),
    *(({"secrets": value}, 4001, "invalid arguments: secrets") for value in NOT_LISTS),
    ({"secrets": ["a", "b", "c", "d", "e"]}, 4001, "too much secrets"),
    *(({"secrets": ["a", v]}, 4001, "invalid arguments: secrets[1]") for v in (*NOT_TEXTS, *WHITE, "a\0", "x" * 256)),
    ({"name": 1, "secrets": 1}, 4001, "invalid arguments: name"),
]


@pytest.mark.parametrize(("changed", "code", "message"), FAULTS)
async def test_the_first_error_of_a_field_is_reported(
    http: httpx.AsyncClient, changed: dict[str, Any], code: int, message: str
) -> None:
    answer = await http.post("/integration", json={"name": new_name("chat"), **changed})
    assert_refused(answer, 400, code, message)
    if list(changed) == ["secrets"]:
        replaced = await http.put("/integration/nosuch", json=changed)
        assert_refused(replaced, 400, code, message)


async def test_secrets_are_required_to_replace_them(http: httpx.AsyncClient) -> None:
    for body in ({}, {"secrets": None}):
        answer = await http.put("/integration/lark", json=body)
        assert_refused(answer, 400, 4006, "missing required field: secrets")


@pytest.mark.parametrize("body", [*NOT_JSON, *NOT_OBJECTS, b""])
async def test_a_body_that_is_no_json_object_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    for method, path in (("POST", "/integration"), ("PUT", "/integration/nosuch")):
        answer = await http.request(method, path, content=body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, 4005)
    assert (await http.request("DELETE", "/integration/nosuch", content=body)).json() == UNKNOWN


async def test_every_verb_asks_for_a_token(http: httpx.AsyncClient) -> None:
    for method, path in (("POST", "/integration"), ("GET", "/integration/x"), ("PUT", "/integration/x")):
        answer = await http.request(method, path, headers={"Authorization": "Bearer wrong"})
        assert_refused(answer, 401, 4011, "invalid authorization token")
    assert (await http.post("/integration/x")).json() == error(4052, "method not allowed")
