"""starcedu for tenants and their users, on the whole stack (REST contract 5.2)."""

import base64
from typing import Any

import httpx
import pytest

from tests.bridge.starcedu import (
    LOCAL,
    PASSWORD,
    TENANT,
    TENANT_401,
    USER_401,
    basic,
    guest,
    person,
    said,
    signed_in,
    signed_up,
    tenant_header,
)
from tests.client import Client
from tests.visitors import tenant

ROWS = [("POST", "signin"), ("POST", "signup"), ("PUT", "update_password"), ("GET", "me"), ("GET", "signout")]
BODIES: list[dict[str, Any]] = [{}, {"content": b"{"}, {"content": b"[]"}, {"json": {}}, {"json": person()}]


async def call(http: httpx.AsyncClient, row: tuple[str, str], **content: Any) -> httpx.Response:
    return await http.request(row[0], f"{TENANT}/{row[1]}", **content)


async def test_a_token_comes_in_the_answer_and_no_cookie(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await tenant_header(client), person(autoSignin=True)
    for path in ("signup", "signin"):
        answer = await call(visitor, ("POST", path), json=body, headers=header)
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert len(answer.json()["data"]["token"]) >= 22


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("content", BODIES)
async def test_the_tenant_is_asked_for_before_the_user_and_the_body(
    visitor: httpx.AsyncClient, client: Client, row: tuple[str, str], content: dict[str, Any]
) -> None:
    made = await tenant(client)
    wrong = [{}, *({"starcedu-tenant-authorization": basic(*pair)} for pair in (("nobody", "x"), (made["id"], "x")))]
    for header in wrong:
        for token in ({}, {"authorization": "bearer x"}):
            answer = await call(visitor, row, headers={**header, **token}, **content)
            assert (answer.status_code, answer.json()) == (401, TENANT_401)


@pytest.mark.parametrize("row", ROWS[2:])
@pytest.mark.parametrize("content", BODIES)
async def test_the_user_is_asked_for_before_the_body(
    visitor: httpx.AsyncClient, client: Client, row: tuple[str, str], content: dict[str, Any]
) -> None:
    header = await tenant_header(client)
    for token in ("", "bearer", "bearer x", "Bearer x", "x", "bearer x y", "bearer  x", "bearer " + "x" * 5000):
        answer = await call(visitor, row, headers={**header, "authorization": token}, **content)
        assert (answer.status_code, answer.json()) == (401, USER_401)


async def test_the_form_of_the_tenant_header_is_exact(visitor: httpx.AsyncClient, client: Client) -> None:
    made, body = await tenant(client), await signed_up(visitor)
    good = basic(made["id"], made["secret"])
    encoded = good.removeprefix("basic ")
    thrice = base64.b64encode(f"{made['id']}:{made['secret']}:".encode()).decode()
    alone = base64.b64encode(made["id"].encode()).decode()
    for value in (
        "", "basic", f"Basic {encoded}", f"BASIC {encoded}", encoded, f"basic  {encoded}", f"basic\t{encoded}",
        f"basic {encoded} x", f"basic {thrice}", f"basic {alone}", f"basic {encoded}!", f"basic {encoded[:-3]}",
        "basic /w==", "basic Og==", "basic ====", f"bearer {encoded}", "basic " + "x" * 10_000, "basic AAAA:AAAA",
    ):  # fmt: skip
        header = {"starcedu-tenant-authorization": value}
        answer = await call(visitor, ROWS[0], json=body, headers=header)
        assert (answer.status_code, answer.json()) == (401, TENANT_401), value
    answer = await call(visitor, ROWS[0], json=body, headers={"starcedu-tenant-authorization": good})
    assert answer.status_code == 200


async def test_a_token_is_good_with_its_tenant_only(visitor: httpx.AsyncClient, client: Client) -> None:
    one, other, body = await tenant_header(client), await tenant_header(client), person()
    token = {"authorization": f"bearer {await guest(visitor, one, body)}"}
    assert await signed_in(visitor, {**one, **token}, TENANT)
    assert not await signed_in(visitor, {**other, **token}, TENANT)
    assert not await signed_in(visitor, {"Cookie": f"connect.sid={token['authorization'][7:]}"}, LOCAL)


async def test_a_new_token_replaces_the_old_one_of_that_tenant(visitor: httpx.AsyncClient, client: Client) -> None:
    one, other, body = await tenant_header(client), await tenant_header(client), person()
    old = {"authorization": f"bearer {await guest(visitor, one, body)}"}
    elsewhere = {"authorization": f"bearer {await guest(visitor, other, body, at='signin')}"}
    new = {"authorization": f"bearer {await guest(visitor, one, body, at='signin')}"}
    assert not await signed_in(visitor, {**one, **old}, TENANT)
    assert await signed_in(visitor, {**one, **new}, TENANT)
    assert await signed_in(visitor, {**other, **elsewhere}, TENANT)


async def test_a_session_is_no_token(visitor: httpx.AsyncClient, client: Client) -> None:
    await signed_up(visitor)
    token = {"authorization": f"bearer {visitor.cookies['connect.sid']}"}
    assert not await signed_in(visitor, {**await tenant_header(client), **token}, TENANT)


async def test_me_and_signing_out(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await tenant_header(client), person()
    header["authorization"] = f"bearer {await guest(visitor, header, body)}"
    answer = await call(visitor, ("GET", "me"), headers=header)
    shown = {"id": answer.json()["data"]["id"], "username": body["username"]}
    assert answer.json() == {"data": shown, "message": "success"}
    left = await call(visitor, ("GET", "signout"), headers=header)
    assert (left.status_code, left.json()) == (200, {"message": "user session reset"})
    again = await call(visitor, ("GET", "signout"), headers=header)
    assert (again.status_code, again.json()) == (401, USER_401)


async def test_a_changed_password_ends_the_token(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await tenant_header(client), person()
    header["authorization"] = f"bearer {await guest(visitor, header, body)}"
    change = {"old_password": "wrongpass", "new_password": "another1"}
    said(await call(visitor, ROWS[2], json=change, headers=header), 400, "credentials invalid")
    answer = await call(visitor, ROWS[2], json={**change, "old_password": PASSWORD}, headers=header)
    assert answer.json()["message"] == "authenticate successfully"
    assert list(answer.json()["data"]) == ["id", "username"]
    assert not await signed_in(visitor, header, TENANT)


async def test_faults_of_a_good_tenant_are_told(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await tenant_header(client), person()
    await guest(visitor, header, body)
    for content, message in (
        ({"json": {}}, "username empty"),
        ({"content": b"{"}, "request body invalid"),
        ({"json": {**body, "password": "wrongpass"}}, "credentials invalid"),
    ):
        said(await call(visitor, ROWS[0], headers=header, **content), 400, message)
    taken = await call(visitor, ROWS[1], json=body, headers=header)
    said(taken, 400, "user with this username already existed")
