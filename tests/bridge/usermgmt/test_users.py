"""usermgmt on the whole stack: registration, uniqueness, login, logout (seed 004, REST contract section 6)."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import serving
from tests.bridge.responder import NOW, USER, Responder, done
from tests.bridge.usermgmt import LOGIN, LOGOUT, SECRET, UNIQUENESS, USERS, coded, log_in, person, registered, said
from tests.client import Client
from tests.stack import Stack
from tests.visitors import aged, telephone

COOKIE = r"AUTHSERVERSESSIONID=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax"
GONE = "AUTHSERVERSESSIONID=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax"
BAD = (401, "Bad credentials")
SESSION = {
    "id": 1, "user_id": 42, "realm": "usermgmt", "tenant_id": None, "remembered": False, "sliding": True,
    "lifetime": 3600, "created_at": NOW, "expires_at": NOW, "revision": 1,
}  # fmt: skip


@pytest.fixture
async def user(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> dict[str, Any]:
    """A registered user."""
    return await registered(visitor, client, stack)


async def good(client: Client, token: str) -> bool:
    reply = await client.call("session.resolve", {"token": token, "realm": "usermgmt"})
    return bool(reply["status"] == "done")


async def test_a_new_user_is_there_for_the_other_dialects(http: httpx.AsyncClient, user: dict[str, Any]) -> None:
    seen = (await http.get(f"/user/{user['username'].upper()}")).json()["data"]
    assert (seen["username"], seen["usertype"]) == (user["username"], "user")
    row = (await http.get("/v1/user/find", params={"id": seen["user_id"]})).json()["data"]
    assert (row["name"], row["mobile"], row["email"]) == (user["username"], user["telephone"], "")


async def test_taken_numbers_are_told_before_taken_names(visitor: httpx.AsyncClient, user: dict[str, Any]) -> None:
    taken = {"telephone": user["telephone"], "username": user["username"].swapcase()}
    said(await visitor.post(USERS, json=person(**taken)), 403, "Telephone has existed")
    said(await visitor.post(USERS, json=person(username=taken["username"])), 403, "Username has existed")


async def test_identifiers_of_other_dialects_are_taken(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, client: Client, stack: Stack
) -> None:
    number = telephone()
    assert (await http.post("/user", json={"username": number, "usertype": "user"})).status_code == 200
    said(await visitor.post(USERS, json=person(telephone=number)), 403, "Telephone has existed")
    body = {"username": "nobody1", "telephone": number}
    assert (await visitor.post(UNIQUENESS, json=body)).json() == {
        "username": False, "telephone": True, "password": True,
    }  # fmt: skip


async def test_of_many_who_want_one_name_one_gets_it(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> None:
    first = await coded(client, stack)
    bodies = [await coded(client, stack, username=first["username"]) for _ in range(8)]
    answers = await asyncio.gather(*(visitor.post(USERS, json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 7


@pytest.mark.parametrize("path", [UNIQUENESS, "/v1/users/action/uniqueness"])
async def test_uniqueness_says_what_is_taken(visitor: httpx.AsyncClient, user: dict[str, Any], path: str) -> None:
    for name, number, taken in (
        (user["username"].upper(), telephone(), (True, False)),
        ("x", user["telephone"], (False, True)),
        (user["telephone"], f" {user['username']} ", (True, True)),
        ("", " ", (False, False)),
    ):
        answer = await visitor.post(path, json={"username": name, "telephone": number})
        shown = {"username": taken[0], "telephone": taken[1], "password": taken[1]}
        assert (answer.status_code, answer.json()) == (200, shown)


@pytest.mark.parametrize("path", [LOGIN, "/login"])
async def test_a_login_by_form_of_either_kind_sets_a_fresh_cookie(
    visitor: httpx.AsyncClient, user: dict[str, Any], path: str
) -> None:
    fields = {"username": user["username"], "password": SECRET}
    multipart = {key: (None, value) for key, value in fields.items()}
    cookies = []
    for answer in (await visitor.post(path, data=fields), await visitor.post(path, files=multipart)):
        assert (answer.status_code, answer.content) == (200, b"")
        assert "content-type" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        cookies += answer.headers.get_list("set-cookie")
    assert all(re.fullmatch(COOKIE, cookie) for cookie in cookies)
    assert len(set(cookies)) == 2


async def test_a_new_login_ends_the_session_before(
    visitor: httpx.AsyncClient, client: Client, user: dict[str, Any]
) -> None:
    tokens = []
    for _ in range(2):
        await log_in(visitor, user["username"])
        tokens.append(visitor.cookies["AUTHSERVERSESSIONID"])
    assert [await good(client, token) for token in tokens] == [False, True]


async def test_every_identifier_logs_in(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, user: dict[str, Any]
) -> None:
    number = (await http.get(f"/user/{user['username']}")).json()["data"]["user_id"]
    email = f"{user['username'].lower()}@example.com"
    body = {"id": number, "name": "n", "email": email, "mobile": "1", "position": "p"}
    assert (await http.post("/v1/user/update", json=body)).json()["code"] == 0
    for name in (user["username"].upper(), user["telephone"], email.upper(), f" {email} "):
        assert (await log_in(visitor, name)).status_code == 200


async def test_wrong_unknown_and_passwordless_are_answered_alike(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, user: dict[str, Any]
) -> None:
    passwordless = f"nopass_{uuid4().hex[:8]}"
    await http.post("/user", json={"username": passwordless, "usertype": "user"})
    said(await log_in(visitor, user["username"], "wrong.1"), *BAD)
    said(await log_in(visitor, user["username"], f" {SECRET}"), *BAD)
    said(await log_in(visitor, uuid4().hex), *BAD)
    said(await log_in(visitor, passwordless), *BAD)


async def test_the_fifth_failure_locks_the_identifier(
    visitor: httpx.AsyncClient, stack: Stack, user: dict[str, Any]
) -> None:
    name = user["username"]
    for _ in range(5):
        said(await log_in(visitor, name.swapcase(), "wrong.1"), *BAD)
    for password in ("wrong.1", SECRET):
        locked = await log_in(visitor, f" {name} ", password)
        said(locked, 423, "User account is locked")
        assert 0 < int(locked.headers["retry-after"]) <= 300
    assert (await log_in(visitor, user["telephone"])).status_code == 200
    await aged(stack, name, timedelta(minutes=5))
    assert (await log_in(visitor, name)).status_code == 200


async def test_an_unknown_identifier_is_locked_alike(visitor: httpx.AsyncClient) -> None:
    name = uuid4().hex
    for _ in range(5):
        said(await log_in(visitor, name), *BAD)
    said(await log_in(visitor, name), 423, "User account is locked")


async def test_a_success_clears_the_counter(visitor: httpx.AsyncClient, user: dict[str, Any]) -> None:
    for _ in range(2):
        for _ in range(4):
            said(await log_in(visitor, user["username"], "wrong.1"), *BAD)
        assert (await log_in(visitor, user["username"])).status_code == 200


async def test_logging_out_ends_the_session_and_needs_none(
    visitor: httpx.AsyncClient, client: Client, user: dict[str, Any]
) -> None:
    await log_in(visitor, user["username"])
    token = visitor.cookies["AUTHSERVERSESSIONID"]
    for headers in ({"Cookie": f"AUTHSERVERSESSIONID={token}"}, {"Cookie": "AUTHSERVERSESSIONID=x"}, {}):
        answer = await visitor.get(LOGOUT, headers=headers, params={"name": "\u0000"})
        assert (answer.status_code, answer.text) == (200, "Succeed")
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers.get_list("set-cookie") == [GONE]
        assert answer.headers["cache-control"] == "no-store"
        assert "AUTHSERVERSESSIONID" not in visitor.cookies
        assert not await good(client, token)


async def test_logging_out_here_leaves_other_doors_alone(
    visitor: httpx.AsyncClient, client: Client, user: dict[str, Any]
) -> None:
    sign_in = {"login": user["username"], "password": SECRET, "realm": "standard"}
    token = (await client.done("auth.sign_in", sign_in))["token"]
    await visitor.get(LOGOUT, headers={"Cookie": f"AUTHSERVERSESSIONID={token}"})
    assert (await client.done("session.resolve", {"token": token}))["session"]["realm"] == "standard"


async def test_the_cookie_is_for_https_only_where_that_is_set(broker: RunningServers, worker: Responder) -> None:
    worker.says("auth.sign_in", done({"user": USER, "session": SESSION, "token": "f" * 32}))
    async with serving(broker.amqp_url, worker, cookie_secure=True) as served:
        answers = [await log_in(served.client, "ada"), await served.client.get(LOGOUT)]
    assert all(answer.headers["set-cookie"].endswith("; SameSite=Lax; Secure") for answer in answers)


async def test_a_key_that_was_used_for_something_else_is_refused(visitor: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    said(await visitor.post(LOGIN, data={"username": "a", "password": "b"}, headers=key), *BAD)
    again = await visitor.post(LOGIN, data={"username": "a", "password": "c"}, headers=key)
    said(again, 400, "Idempotency-Key:format is invalid.")
