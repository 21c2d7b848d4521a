"""Registration, uniqueness, login and logout of usermgmt, on the whole stack."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import run_bridge
from tests.support.client import Client
from tests.support.scripted_worker import SESSION, USER, ScriptedWorker, done_reply
from tests.support.stack import Stack
from tests.support.usermgmt import (
    LOGIN,
    LOGOUT,
    SECRET,
    UNIQUENESS,
    USERS,
    assert_error,
    log_in,
    person,
    prepare_registration,
    register,
)
from tests.support.visitors import age_failures, telephone

COOKIE = r"AUTHSERVERSESSIONID=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax"
GONE = "AUTHSERVERSESSIONID=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax"
BAD = (401, "Bad credentials")


@pytest.fixture
async def user(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> dict[str, Any]:
    """A registered user."""
    return await register(visitor, client, stack)


async def is_valid_session(client: Client, token: str) -> bool:
    reply = await client.call("session.resolve", {"token": token, "realm": "usermgmt"})
    return bool(reply["status"] == "done")


async def test_a_disabled_user_is_locked_out(visitor: httpx.AsyncClient, client: Client, user: dict[str, Any]) -> None:
    found = await client.done("user.get", {"username": user["username"]})
    await client.done("user.disable", {"id": found["id"]})
    assert_error(await log_in(visitor, user["username"]), 423, "User account is locked")


async def test_a_new_user_is_there_for_the_other_dialects(http: httpx.AsyncClient, user: dict[str, Any]) -> None:
    seen = (await http.get(f"/user/{user['username'].upper()}")).json()["data"]
    assert (seen["username"], seen["usertype"]) == (user["username"], "user")
    row = (await http.get("/v1/user/find", params={"id": seen["user_id"]})).json()["data"]
    assert (row["name"], row["mobile"], row["email"]) == (user["username"], user["telephone"], "")


async def test_taken_numbers_are_reported_before_taken_names(visitor: httpx.AsyncClient, user: dict[str, Any]) -> None:
    taken = {"telephone": user["telephone"], "username": user["username"].swapcase()}
    assert_error(await visitor.post(USERS, json=person(**taken)), 403, "Telephone has existed")
    assert_error(await visitor.post(USERS, json=person(username=taken["username"])), 403, "Username has existed")


async def test_identifiers_of_other_dialects_are_taken(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, client: Client, stack: Stack
) -> None:
    number = telephone()
    assert (await http.post("/user", json={"username": number, "usertype": "user"})).status_code == 200
    assert_error(await visitor.post(USERS, json=person(telephone=number)), 403, "Telephone has existed")
    body = {"username": "nobody1", "telephone": number}
    assert (await visitor.post(UNIQUENESS, json=body)).json() == {
        "username": False, "telephone": True, "password": True,
    }  # fmt: skip


async def test_of_concurrent_requests_for_one_name_one_succeeds(
    visitor: httpx.AsyncClient, client: Client, stack: Stack
) -> None:
    first = await prepare_registration(client, stack)
    bodies = [await prepare_registration(client, stack, username=first["username"]) for _ in range(8)]
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
    assert [await is_valid_session(client, token) for token in tokens] == [False, True]


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
    assert_error(await log_in(visitor, user["username"], "wrong.1"), *BAD)
    assert_error(await log_in(visitor, user["username"], f" {SECRET}"), *BAD)
    assert_error(await log_in(visitor, uuid4().hex), *BAD)
    assert_error(await log_in(visitor, passwordless), *BAD)


async def test_the_fifth_failure_locks_the_identifier(
    visitor: httpx.AsyncClient, stack: Stack, user: dict[str, Any]
) -> None:
    name = user["username"]
    for _ in range(5):
        assert_error(await log_in(visitor, name.swapcase(), "wrong.1"), *BAD)
    for password in ("wrong.1", SECRET):
        locked = await log_in(visitor, f" {name} ", password)
        assert_error(locked, 423, "User account is locked")
        assert 0 < int(locked.headers["retry-after"]) <= 300
    assert (await log_in(visitor, user["telephone"])).status_code == 200
    await age_failures(stack, name, timedelta(minutes=5))
    assert (await log_in(visitor, name)).status_code == 200


async def test_an_unknown_identifier_is_locked_alike(visitor: httpx.AsyncClient) -> None:
    name = uuid4().hex
    for _ in range(5):
        assert_error(await log_in(visitor, name), *BAD)
    assert_error(await log_in(visitor, name), 423, "User account is locked")


async def test_a_success_clears_the_counter(visitor: httpx.AsyncClient, user: dict[str, Any]) -> None:
    for _ in range(2):
        for _ in range(4):
            assert_error(await log_in(visitor, user["username"], "wrong.1"), *BAD)
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
        assert not await is_valid_session(client, token)


async def test_logging_out_here_leaves_other_realms_alone(
    visitor: httpx.AsyncClient, client: Client, user: dict[str, Any]
) -> None:
    sign_in = {"login": user["username"], "password": SECRET, "realm": "standard"}
    token = (await client.done("auth.sign_in", sign_in))["token"]
    await visitor.get(LOGOUT, headers={"Cookie": f"AUTHSERVERSESSIONID={token}"})
    assert (await client.done("session.resolve", {"token": token}))["session"]["realm"] == "standard"


async def test_the_cookie_is_for_https_only_where_that_is_set(broker: RunningServers, worker: ScriptedWorker) -> None:
    worker.set_reply("auth.sign_in", done_reply({"user": USER, "session": SESSION, "token": "f" * 32}))
    async with run_bridge(broker.amqp_url, worker, cookie_secure=True) as bridge:
        answers = [await log_in(bridge.client, "ada"), await bridge.client.get(LOGOUT)]
    assert all(answer.headers["set-cookie"].endswith("; SameSite=Lax; Secure") for answer in answers)


async def test_a_key_that_was_used_for_something_else_is_refused(visitor: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    assert_error(await visitor.post(LOGIN, data={"username": "a", "password": "b"}, headers=key), *BAD)
    again = await visitor.post(LOGIN, data={"username": "a", "password": "c"}, headers=key)
    assert_error(again, 400, "Idempotency-Key:format is invalid.")
