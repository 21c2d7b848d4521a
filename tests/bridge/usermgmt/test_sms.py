"""usermgmt while SMS is on, on the whole stack: codes, registration with one, reset by one (REST contract 6.3)."""

import json
import re
from typing import Any

import httpx
import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import serving
from tests.bridge.responder import NOW, Responder, done, failed
from tests.bridge.starcedu import LOCAL, signed_in
from tests.bridge.usermgmt import (
    OTHER,
    PASSWORD,
    SECRET,
    SMS,
    USERS,
    code,
    coded,
    log_in,
    person,
    registered,
    said,
    username,
)
from tests.client import Client
from tests.stack import Stack
from tests.visitors import telephone

WRONG = (403, "Verification code is error")
JUST_SENT = (417, "verification code has just been sent,please try again later.")


def other(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


@pytest.fixture
async def user(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> dict[str, Any]:
    """A registered user."""
    return await registered(visitor, client, stack)


@pytest.fixture
async def reset(client: Client, stack: Stack, user: dict[str, Any]) -> dict[str, Any]:
    """A reset that the user may send."""
    await forgotten(stack)
    await client.done("sms.send_code", {"telephone": user["telephone"]})
    right = code(stack, user["telephone"])
    return {"telephone": user["telephone"], "newPassword": OTHER, "verificationCode": right}


async def forgotten(stack: Stack) -> None:
    """No number was sent anything yet, so that a minute need not pass."""
    await stack.worker.shared.store.collection("codes").update_many({}, {"$set": {"sends": []}})


async def test_a_code_is_sent_and_registers_once(visitor: httpx.AsyncClient, stack: Stack) -> None:
    body = person()
    answer = await visitor.post(SMS, json={"telephone": body["telephone"]})
    assert (answer.status_code, answer.json()) == (200, True)
    body["verificationCode"] = code(stack, body["telephone"])
    assert re.fullmatch("[0-9]{6}", body["verificationCode"])
    assert (await visitor.post(USERS, json=body)).status_code == 201
    used = {"telephone": body["telephone"], "newPassword": OTHER, "verificationCode": body["verificationCode"]}
    said(await visitor.put(PASSWORD, json=used), *WRONG)


async def test_the_documented_number_is_sent_a_code(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(SMS, content='{"telephone": "15191881159"}')
    assert (answer.status_code, answer.content) == (200, b"true")


async def test_the_second_code_within_a_minute_is_refused(visitor: httpx.AsyncClient) -> None:
    body = {"telephone": telephone()}
    assert (await visitor.post(SMS, json=body)).status_code == 200
    refused = await visitor.post(SMS, json=body)
    said(refused, *JUST_SENT)
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_registration_needs_the_right_code(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> None:
    body = await coded(client, stack)
    right = body.pop("verificationCode")
    said(await visitor.post(USERS, json=body), *WRONG)
    said(await visitor.post(USERS, json={**body, "verificationCode": other(right)}), *WRONG)
    said(await visitor.post(USERS, json=person(verificationCode=right)), *WRONG)
    assert (await visitor.post(USERS, json={**body, "verificationCode": right})).status_code == 201


async def test_five_wrong_codes_burn_the_right_one(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> None:
    body = await coded(client, stack)
    for _ in range(5):
        wrong = {**body, "verificationCode": other(body["verificationCode"])}
        said(await visitor.post(USERS, json=wrong), *WRONG)
    said(await visitor.post(USERS, json=body), *WRONG)


async def test_what_is_taken_is_told_before_the_code(visitor: httpx.AsyncClient, user: dict[str, Any]) -> None:
    taken = await visitor.post(USERS, json=person(telephone=user["telephone"]))
    said(taken, 403, "Telephone has existed")
    said(await visitor.post(USERS, json=person(username=user["username"])), 403, "Username has existed")


@pytest.mark.parametrize("path", [PASSWORD, "/v1/users/password"])
async def test_a_reset_sets_the_password(
    visitor: httpx.AsyncClient, user: dict[str, Any], reset: dict[str, Any], path: str
) -> None:
    answer = await visitor.put(path, json=reset)
    assert (answer.status_code, answer.json()) == (200, True)
    said(await log_in(visitor, user["username"]), 401, "Bad credentials")
    assert (await log_in(visitor, user["username"], OTHER)).status_code == 200
    said(await visitor.put(path, json=reset), *WRONG)


async def test_a_reset_lifts_the_lock_and_ends_the_sessions(
    visitor: httpx.AsyncClient, client: Client, user: dict[str, Any], reset: dict[str, Any]
) -> None:
    await log_in(visitor, user["username"])
    session = {"token": visitor.cookies["AUTHSERVERSESSIONID"]}
    for _ in range(5):
        await log_in(visitor, user["username"], "wrong.1")
    said(await log_in(visitor, user["username"]), 423, "User account is locked")
    assert (await visitor.put(PASSWORD, json=reset)).status_code == 200
    assert (await log_in(visitor, user["username"], OTHER)).status_code == 200
    assert (await client.refused("session.resolve", session))["code"] == "session.invalid"


async def test_a_reset_ends_sessions_of_other_doors(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, user: dict[str, Any], reset: dict[str, Any]
) -> None:
    number = (await http.get(f"/user/{user['username']}")).json()["data"]["user_id"]
    email = f"{username()}@example.com"
    body = {"id": number, "name": "n", "email": email, "mobile": "1", "position": "p", "password": "letters1"}
    assert (await http.post("/v1/user/update", json=body)).json()["code"] == 0
    entered = await visitor.post(f"{LOCAL}/signin", json={"username": email, "password": "letters1"})
    assert entered.status_code == 200
    assert await signed_in(visitor)
    assert (await visitor.put(PASSWORD, json=reset)).status_code == 200
    assert not await signed_in(visitor)


async def test_an_unknown_number_is_told_before_the_code(visitor: httpx.AsyncClient) -> None:
    body = {"telephone": telephone(), "newPassword": SECRET, "verificationCode": "123456"}
    said(await visitor.put(PASSWORD, json=body), 403, "Telephone not exist")


async def test_a_wrong_code_resets_nothing(
    visitor: httpx.AsyncClient, user: dict[str, Any], reset: dict[str, Any]
) -> None:
    wrong = {**reset, "verificationCode": other(reset["verificationCode"])}
    said(await visitor.put(PASSWORD, json=wrong), *WRONG)
    assert (await log_in(visitor, user["username"])).status_code == 200


SENT = {"expires_at": NOW, "resend_at": NOW}


async def test_senders_are_told_apart_by_their_address(broker: RunningServers, worker: Responder) -> None:
    worker.says("sms.send_code", done(SENT))
    async with serving(broker.amqp_url, worker) as served:
        assert (await served.client.post(SMS, json={"telephone": "13812345678"})).json() is True
    assert worker.bodies() == [{"telephone": "13812345678", "client_address": "127.0.0.1"}]


@pytest.mark.parametrize(
    ("reply", "status", "detail", "waits"),
    [
        (failed("sms.too_many", "throttled", {"retry_after": 90}), *JUST_SENT, "90"),
        (failed("sms.not_sent", "unavailable"), 417, "send verification fail,please again try.", None),
        (failed("store.unavailable", "unavailable"), 503, "service unavailable", "1"),
        (failed("fault", "internal"), 500, None, None),
        (b"not a reply", 500, None, None),
        (None, 504, "service timeout", None),
    ],
)
async def test_what_can_happen_behind(
    broker: RunningServers, worker: Responder, reply: bytes | None, status: int, detail: str | None, waits: str | None
) -> None:
    worker.says("sms.send_code", reply)
    async with serving(broker.amqp_url, worker) as served:
        answer = await served.client.post(SMS, content=json.dumps({"telephone": "13812345678"}))
    said(answer, status, detail)
    assert answer.headers.get("retry-after") == waits
