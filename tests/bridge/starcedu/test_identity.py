"""The `oauthUser` of a session: attached over the bus, bound by a visitor's sign-in or sign-up."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.client import Client
from tests.support.starcedu import LOCAL, assert_error, is_signed_in, person, sign_up


@pytest.fixture
def subject() -> str:
    return f"ou_{uuid4().hex[:12]}"


async def attach_identity(client: Client, visitor: httpx.AsyncClient, subject: str, provider: str = "lark") -> None:
    """What a callback service does for this visitor."""
    present = visitor.cookies.get("connect.sid")
    body = {"provider": provider, "subject": subject} | ({"token": present} if present else {})
    attached = await client.done("session.attach_identity", body)
    visitor.cookies.clear()
    visitor.cookies.set("connect.sid", attached["token"], domain="127.0.0.1")


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    return await http.post(f"{LOCAL}/{path}", json=body)


async def read_accounts(http: httpx.AsyncClient, body: dict[str, Any]) -> list[tuple[str, str]]:
    """The notification accounts as foreseen shows them."""
    user = (await http.get(f"/user/{body['username']}")).json()["data"]
    return [(account["integration"], account["account"]) for account in user["accounts"]]


async def test_a_sign_up_binds_and_forgets(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, client: Client, subject: str
) -> None:
    await attach_identity(client, visitor, subject)
    assert not await is_signed_in(visitor)
    body = person()
    assert (await post(visitor, "signup", body)).json()["message"] == "bind and register successfully"
    assert await read_accounts(http, body) == [("lark", subject)]
    assert (await post(visitor, "signin", body)).json()["message"] == "authenticate successfully"


async def test_a_sign_in_binds_in_place_of_an_older_account(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, client: Client, subject: str
) -> None:
    body = await sign_up(visitor)
    for account in (f"{subject}_old", subject):
        await attach_identity(client, visitor, account)
        answer = await post(visitor, "signin", body)
        assert answer.json()["message"] == "authenticate and bind successfully"
        assert await read_accounts(http, body) == [("lark", account)]
    await attach_identity(client, visitor, subject, "slack")
    await post(visitor, "signin", body)
    assert await read_accounts(http, body) == [("lark", subject), ("slack", subject)]


async def test_an_account_that_was_taken_meanwhile_is_not_bound(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, client: Client, subject: str
) -> None:
    body, new = await sign_up(visitor), person()
    other = {"username": uuid4().hex, "usertype": "user", "accounts": [{"integration": "lark", "account_id": subject}]}
    assert (await http.post("/user", json=other)).status_code == 200
    await attach_identity(client, visitor, subject)
    assert_error(await post(visitor, "signin", body), 400, "oauth user not found")
    assert (await post(visitor, "signin", body)).json()["message"] == "authenticate successfully"
    await attach_identity(client, visitor, subject)
    assert_error(await post(visitor, "signup", new), 400, "oauth user not found")
    assert (await http.get(f"/user/{new['username']}")).status_code == 404
    assert (await post(visitor, "signup", new)).json()["message"] == "register successfully"
    assert await read_accounts(http, new) == []


async def test_signing_out_forgets_it(visitor: httpx.AsyncClient, client: Client, subject: str) -> None:
    await attach_identity(client, visitor, subject)
    await visitor.get(f"{LOCAL}/signout")
    assert (await post(visitor, "signup", person())).json()["message"] == "register successfully"


async def test_a_refused_sign_in_or_sign_up_keeps_it(visitor: httpx.AsyncClient, client: Client, subject: str) -> None:
    body = await sign_up(visitor)
    await attach_identity(client, visitor, subject)
    for path, wrong in (
        ("signin", {}),
        ("signin", {**body, "password": "wrongpass"}),
        ("signin", person()),
        ("signup", body),
        ("signup", {**person(), "password": "x"}),
    ):
        assert (await post(visitor, path, wrong)).status_code == 400
    assert (await post(visitor, "signin", body)).json()["message"] == "authenticate and bind successfully"


async def test_a_tenants_sign_in_binds_nothing(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, client: Client, subject: str
) -> None:
    body = await sign_up(visitor)
    made = await client.done("tenant.create", {"id": f"t_{uuid4().hex[:8]}", "title": "Tests"})
    credentials = {"id": made["id"], "secret": made["secret"]}
    await attach_identity(client, visitor, subject)
    sign_in = {"login": body["username"], "password": body["password"], "realm": "starcedu_tenant"}
    presented = {"tenant": credentials, "session": visitor.cookies["connect.sid"]}
    assert (await client.done("auth.sign_in", {**sign_in, **presented}))["bound"] is None
    assert await read_accounts(http, body) == []
