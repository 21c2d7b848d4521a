"""usermgmt while SMS is enabled, on the whole stack: codes, registration and password reset with a code."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.client import Client
from tests.support.scripted_worker import NOW, done_reply, failed_reply
from tests.support.stack import Stack
from tests.support.starcedu import LOCAL, is_signed_in
from tests.support.usermgmt import (
    OTHER,
    PASSWORD,
    SECRET,
    SMS,
    USERS,
    assert_error,
    last_code,
    log_in,
    person,
    prepare_registration,
    register,
    username,
)
from tests.support.visitors import telephone

WRONG = (403, "Verification code is error")
JUST_SENT = (417, "verification code has just been sent,please try again later.")


def another_code(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


@pytest.fixture
async def user(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> dict[str, Any]:
    """A registered user."""
    return await register(visitor, client, stack)


@pytest.fixture
async def reset(client: Client, stack: Stack, user: dict[str, Any]) -> dict[str, Any]:
    """A reset that the user may send."""
    await forget_sends(stack)
    await client.done("sms.send_code", {"telephone": user["telephone"]})
    right = last_code(stack, user["telephone"])
    return {"telephone": user["telephone"], "newPassword": OTHER, "verificationCode": right}


async def forget_sends(stack: Stack) -> None:
    """Forget that codes were sent, so that the next one need not wait a minute."""
    await stack.worker.dependencies.store.collection("codes").update_many({}, {"$set": {"sends": []}})


async def test_a_code_is_sent_and_registers_once(visitor: httpx.AsyncClient, stack: Stack) -> None:
    body = person()
    answer = await visitor.post(SMS, json={"telephone": body["telephone"]})
    assert (answer.status_code, answer.json()) == (200, True)
    body["verificationCode"] = last_code(stack, body["telephone"])
    assert re.fullmatch("[0-9]{6}", body["verificationCode"])
    assert (await visitor.post(USERS, json=body)).status_code == 201
    used = {"telephone": body["telephone"], "newPassword": OTHER, "verificationCode": body["verificationCode"]}
    assert_error(await visitor.put(PASSWORD, json=used), *WRONG)


async def test_the_documented_number_is_sent_a_code(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(SMS, content='{"telephone": "15191881159"}')
    assert (answer.status_code, answer.content) == (200, b"true")


async def test_the_second_code_within_a_minute_is_refused(visitor: httpx.AsyncClient) -> None:
    body = {"telephone": telephone()}
    assert (await visitor.post(SMS, json=body)).status_code == 200
    refused = await visitor.post(SMS, json=body)
    assert_error(refused, *JUST_SENT)
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_registration_needs_the_right_code(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> None:
    body = await prepare_registration(client, stack)
    right = body.pop("verificationCode")
    assert_error(await visitor.post(USERS, json=body), *WRONG)
    assert_error(await visitor.post(USERS, json={**body, "verificationCode": another_code(right)}), *WRONG)
    assert_error(await visitor.post(USERS, json=person(verificationCode=right)), *WRONG)
    assert (await visitor.post(USERS, json={**body, "verificationCode": right})).status_code == 201


async def test_five_wrong_codes_burn_the_right_one(visitor: httpx.AsyncClient, client: Client, stack: Stack) -> None:
    body = await prepare_registration(client, stack)
    for _ in range(5):
        wrong = {**body, "verificationCode": another_code(body["verificationCode"])}
        assert_error(await visitor.post(USERS, json=wrong), *WRONG)
    assert_error(await visitor.post(USERS, json=body), *WRONG)


async def test_taken_identifiers_are_reported_before_the_code(visitor: httpx.AsyncClient, user: dict[str, Any]) -> None:
    taken = await visitor.post(USERS, json=person(telephone=user["telephone"]))
    assert_error(taken, 403, "Telephone has existed")
    assert_error(await visitor.post(USERS, json=person(username=user["username"])), 403, "Username has existed")


@pytest.mark.parametrize("path", [PASSWORD, "/v1/users/password"])
async def test_a_reset_sets_the_password(
    visitor: httpx.AsyncClient, user: dict[str, Any], reset: dict[str, Any], path: str
) -> None:
    answer = await visitor.put(path, json=reset)
    assert (answer.status_code, answer.json()) == (200, True)
    assert_error(await log_in(visitor, user["username"]), 401, "Bad credentials")
    assert (await log_in(visitor, user["username"], OTHER)).status_code == 200
    assert_error(await visitor.put(path, json=reset), *WRONG)


async def test_a_reset_lifts_the_lock_and_ends_the_sessions(
    visitor: httpx.AsyncClient, client: Client, user: dict[str, Any], reset: dict[str, Any]
) -> None:
    await log_in(visitor, user["username"])
    session = {"token": visitor.cookies["AUTHSERVERSESSIONID"]}
    for _ in range(5):
        await log_in(visitor, user["username"], "wrong.1")
    assert_error(await log_in(visitor, user["username"]), 423, "User account is locked")
    assert (await visitor.put(PASSWORD, json=reset)).status_code == 200
    assert (await log_in(visitor, user["username"], OTHER)).status_code == 200
    assert (await client.refused("session.resolve", session))["code"] == "session.invalid"


async def test_a_reset_ends_sessions_of_other_dialects(
    visitor: httpx.AsyncClient, http: httpx.AsyncClient, user: dict[str, Any], reset: dict[str, Any]
) -> None:
    number = (await http.get(f"/user/{user['username']}")).json()["data"]["user_id"]
    email = f"{username()}@example.com"
    body = {"id": number, "name": "n", "email": email, "mobile": "1", "position": "p", "password": "letters1"}
    assert (await http.post("/v1/user/update", json=body)).json()["code"] == 0
    entered = await visitor.post(f"{LOCAL}/signin", json={"username": email, "password": "letters1"})
    assert entered.status_code == 200
    assert await is_signed_in(visitor)
    assert (await visitor.put(PASSWORD, json=reset)).status_code == 200
    assert not await is_signed_in(visitor)


async def test_an_unknown_number_is_reported_before_the_code(visitor: httpx.AsyncClient) -> None:
    body = {"telephone": telephone(), "newPassword": SECRET, "verificationCode": "123456"}
    assert_error(await visitor.put(PASSWORD, json=body), 403, "Telephone not exist")


async def test_a_wrong_code_resets_nothing(
    visitor: httpx.AsyncClient, user: dict[str, Any], reset: dict[str, Any]
) -> None:
    wrong = {**reset, "verificationCode": another_code(reset["verificationCode"])}
    assert_error(await visitor.put(PASSWORD, json=wrong), *WRONG)
    assert (await log_in(visitor, user["username"])).status_code == 200


SENT = {"expires_at": NOW, "resend_at": NOW}


async def test_the_address_of_the_client_is_passed_on(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("sms.send_code", done_reply(SENT))
    assert (await bridge.client.post(SMS, json={"telephone": "13812345678"})).json() is True
    assert bridge.worker.bodies() == [{"telephone": "13812345678", "client_address": "127.0.0.1"}]


@pytest.mark.parametrize(
    ("reply", "status", "detail", "waits"),
    [
        (failed_reply("sms.too_many", "throttled", {"retry_after": 90}), *JUST_SENT, "90"),
        (failed_reply("sms.not_sent", "unavailable"), 417, "send verification fail,please again try.", None),
        (failed_reply("sms.number_refused", "denied"), 417, "send verification fail,please again try.", None),
        (failed_reply("store.unavailable", "unavailable"), 503, "service unavailable", "1"),
        (failed_reply("fault", "internal"), 500, None, None),
        (b"not a reply", 500, None, None),
        (None, 504, "service timeout", None),
    ],
)
async def test_failures_behind_the_bridge_have_the_dialects_shape(
    bridge: RunningBridge,
    impatient_bridge: RunningBridge,
    reply: bytes | None,
    status: int,
    detail: str | None,
    waits: str | None,
) -> None:
    target = impatient_bridge if reply is None else bridge
    target.worker.set_reply("sms.send_code", reply)
    answer = await target.client.post(SMS, content=json.dumps({"telephone": "13812345678"}))
    assert_error(answer, status, detail)
    assert answer.headers.get("retry-after") == waits
