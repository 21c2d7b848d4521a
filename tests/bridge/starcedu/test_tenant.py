"""starcedu for tenants and their users, on the whole stack."""

import base64
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.client import Client
from tests.support.starcedu import (
    LOCAL,
    PASSWORD,
    TENANT,
    TENANT_401,
    USER_401,
    assert_error,
    basic_credentials,
    create_tenant_header,
    get_user_token,
    is_signed_in,
    person,
    sign_up,
)
from tests.support.visitors import create_tenant

ROWS = [("POST", "signin"), ("POST", "signup"), ("PUT", "update_password"), ("GET", "me"), ("GET", "signout")]
BODIES: list[dict[str, Any]] = [{}, {"content": b"{"}, {"content": b"[]"}, {"json": {}}, {"json": person()}]


async def send_to_tenant(http: httpx.AsyncClient, row: tuple[str, str], **content: Any) -> httpx.Response:
    return await http.request(row[0], f"{TENANT}/{row[1]}", **content)


async def test_a_token_comes_in_the_answer_and_no_cookie(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await create_tenant_header(client), person(autoSignin=True)
    for path in ("signup", "signin"):
        answer = await send_to_tenant(visitor, ("POST", path), json=body, headers=header)
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert len(answer.json()["data"]["token"]) >= 22


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("content", BODIES)
async def test_the_tenant_is_asked_for_before_the_user_and_the_body(
    visitor: httpx.AsyncClient, client: Client, row: tuple[str, str], content: dict[str, Any]
) -> None:
    made, nobody = await create_tenant(client), uuid4().hex  # of this test alone: answers are delayed after failures
    wrong = [
        {},
        *({"starcedu-tenant-authorization": basic_credentials(*pair)} for pair in ((nobody, "x"), (made["id"], "x"))),
    ]
    for header in wrong:
        for token in ({}, {"authorization": "bearer x"}):
            answer = await send_to_tenant(visitor, row, headers={**header, **token}, **content)
            assert (answer.status_code, answer.json()) == (401, TENANT_401)


@pytest.mark.parametrize("row", ROWS[2:])
@pytest.mark.parametrize("content", BODIES)
async def test_the_user_is_asked_for_before_the_body(
    visitor: httpx.AsyncClient, client: Client, row: tuple[str, str], content: dict[str, Any]
) -> None:
    header = await create_tenant_header(client)
    for token in ("", "bearer", "bearer x", "Bearer x", "x", "bearer x y", "bearer  x", "bearer " + "x" * 5000):
        answer = await send_to_tenant(visitor, row, headers={**header, "authorization": token}, **content)
        assert (answer.status_code, answer.json()) == (401, USER_401)


async def test_the_form_of_the_tenant_header_is_exact(visitor: httpx.AsyncClient, client: Client) -> None:
    made, body = await create_tenant(client), await sign_up(visitor)
    good = basic_credentials(made["id"], made["secret"])
    encoded = good.removeprefix("basic ")
    thrice = base64.b64encode(f"{made['id']}:{made['secret']}:".encode()).decode()
    alone = base64.b64encode(made["id"].encode()).decode()
    for value in (
        "", "basic", f"Basic {encoded}", f"BASIC {encoded}", encoded, f"basic  {encoded}", f"basic\t{encoded}",
        f"basic {encoded} x", f"basic {thrice}", f"basic {alone}", f"basic {encoded}!", f"basic {encoded[:-3]}",
        "basic /w==", "basic Og==", "basic ====", f"bearer {encoded}", "basic " + "x" * 10_000, "basic AAAA:AAAA",
    ):  # fmt: skip
        header = {"starcedu-tenant-authorization": value}
        answer = await send_to_tenant(visitor, ROWS[0], json=body, headers=header)
        assert (answer.status_code, answer.json()) == (401, TENANT_401), value
    answer = await send_to_tenant(visitor, ROWS[0], json=body, headers={"starcedu-tenant-authorization": good})
    assert answer.status_code == 200


async def test_a_token_is_good_with_its_tenant_only(visitor: httpx.AsyncClient, client: Client) -> None:
    one, other, body = await create_tenant_header(client), await create_tenant_header(client), person()
    token = {"authorization": f"bearer {await get_user_token(visitor, one, body)}"}
    assert await is_signed_in(visitor, {**one, **token}, TENANT)
    assert not await is_signed_in(visitor, {**other, **token}, TENANT)
    assert not await is_signed_in(visitor, {"Cookie": f"connect.sid={token['authorization'][7:]}"}, LOCAL)


async def test_a_new_token_replaces_the_old_one_of_that_tenant(visitor: httpx.AsyncClient, client: Client) -> None:
    one, other, body = await create_tenant_header(client), await create_tenant_header(client), person()
    old = {"authorization": f"bearer {await get_user_token(visitor, one, body)}"}
    elsewhere = {"authorization": f"bearer {await get_user_token(visitor, other, body, at='signin')}"}
    new = {"authorization": f"bearer {await get_user_token(visitor, one, body, at='signin')}"}
    assert not await is_signed_in(visitor, {**one, **old}, TENANT)
    assert await is_signed_in(visitor, {**one, **new}, TENANT)
    assert await is_signed_in(visitor, {**other, **elsewhere}, TENANT)


async def test_a_session_is_no_token(visitor: httpx.AsyncClient, client: Client) -> None:
    await sign_up(visitor)
    token = {"authorization": f"bearer {visitor.cookies['connect.sid']}"}
    assert not await is_signed_in(visitor, {**await create_tenant_header(client), **token}, TENANT)


async def test_me_and_signing_out(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await create_tenant_header(client), person()
    header["authorization"] = f"bearer {await get_user_token(visitor, header, body)}"
    answer = await send_to_tenant(visitor, ("GET", "me"), headers=header)
    shown = {"id": answer.json()["data"]["id"], "username": body["username"]}
    assert answer.json() == {"data": shown, "message": "success"}
    left = await send_to_tenant(visitor, ("GET", "signout"), headers=header)
    assert (left.status_code, left.json()) == (200, {"message": "user session reset"})
    again = await send_to_tenant(visitor, ("GET", "signout"), headers=header)
    assert (again.status_code, again.json()) == (401, USER_401)


async def test_a_changed_password_ends_the_token(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await create_tenant_header(client), person()
    header["authorization"] = f"bearer {await get_user_token(visitor, header, body)}"
    change = {"old_password": "wrongpass", "new_password": "another1"}
    assert_error(await send_to_tenant(visitor, ROWS[2], json=change, headers=header), 400, "credentials invalid")
    answer = await send_to_tenant(visitor, ROWS[2], json={**change, "old_password": PASSWORD}, headers=header)
    assert answer.json()["message"] == "authenticate successfully"
    assert list(answer.json()["data"]) == ["id", "username"]
    assert not await is_signed_in(visitor, header, TENANT)


async def test_field_errors_are_reported_to_a_valid_tenant(visitor: httpx.AsyncClient, client: Client) -> None:
    header, body = await create_tenant_header(client), person()
    await get_user_token(visitor, header, body)
    for content, message in (
        ({"json": {}}, "username empty"),
        ({"content": b"{"}, "request body invalid"),
        ({"json": {**body, "password": "wrongpass"}}, "credentials invalid"),
    ):
        assert_error(await send_to_tenant(visitor, ROWS[0], headers=header, **content), 400, message)
    taken = await send_to_tenant(visitor, ROWS[1], json=body, headers=header)
    assert_error(taken, 400, "user with this username already existed")
