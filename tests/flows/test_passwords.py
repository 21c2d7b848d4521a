"""Changing and resetting passwords, end to end."""

import json
from typing import Any
from uuid import uuid4

from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import (
    BAD,
    PASSWORD,
    address,
    create_tenant,
    fail_sign_in,
    get_refusal,
    is_valid_session,
    sign_in,
    sign_up,
    telephone,
)

NEW = "another password of hers"


def sent(stack: Stack, number: str) -> str:
    """The latest code that a number was sent."""
    lines = [json.loads(line) for line in stack.sms_log.read_text().splitlines()]
    code: str = [line["code"] for line in lines if line["telephone"] == number][-1]
    return code


async def registered(client: Client, stack: Stack) -> dict[str, Any]:
    """A user with a telephone, and a fresh code for it."""
    number = telephone()
    user = await client.done("user.create", {"telephone": number, "email": address(), "password": PASSWORD})
    await client.done("sms.send_code", {"telephone": number})
    return {"user": user, "telephone": number, "code": sent(stack, number)}


async def test_a_changed_password_ends_every_session_in_every_realm(client: Client) -> None:
    events, email, guest = await client.events("auth.password_changed"), address(), await create_tenant(client)
    reply = await sign_up(client, email=email, realm="starcedu_local")
    login = await sign_in(client, email, realm="passport")
    token = await sign_in(client, email, realm="starcedu_tenant", tenant=guest)
    body = {"token": reply["token"], "realm": "starcedu_local", "old_password": PASSWORD, "new_password": NEW}
    changed = await client.done("auth.change_password", body)
    assert changed["user"]["revision"] == reply["user"]["revision"] + 1
    assert not await is_valid_session(client, reply["token"])
    assert not await is_valid_session(client, login["token"])
    assert not await is_valid_session(client, token["token"], realm="starcedu_tenant", tenant=guest)
    assert await fail_sign_in(client, email) == BAD
    await sign_in(client, email, NEW)
    (event,) = await events.about(f"user/{reply['user']['id']}", 1)
    assert (event["data"], event["sequence"]) == (changed["user"], changed["user"]["revision"])


async def test_a_user_token_changes_the_password_with_its_tenant(client: Client) -> None:
    guest = await create_tenant(client)
    token = (await sign_up(client, realm="starcedu_tenant", tenant=guest))["token"]
    body = {"token": token, "realm": "starcedu_tenant", "tenant": guest}
    await client.done("auth.change_password", {**body, "old_password": PASSWORD, "new_password": PASSWORD})
    assert not await is_valid_session(client, token, realm="starcedu_tenant", tenant=guest)


async def test_changing_needs_a_session_the_old_password_and_a_good_new_one(client: Client) -> None:
    token = (await sign_up(client))["token"]
    body = {"token": token, "old_password": PASSWORD, "new_password": NEW}
    invalid = ("unauthenticated", "session.invalid")
    assert await get_refusal(client, "auth.change_password", {**body, "token": "nothing"}) == invalid
    assert await get_refusal(client, "auth.change_password", {**body, "old_password": NEW}) == BAD
    weak = await get_refusal(client, "auth.change_password", {**body, "new_password": "12345678"})
    assert weak == ("invalid", "password.weak")
    assert await is_valid_session(client, token)
    await client.done("auth.change_password", {**body, "new_password": "abc123", "password_rules": "dialect"})


async def test_a_repeated_change_is_answered_the_same(client: Client) -> None:
    token, message_id = (await sign_up(client))["token"], uuid4().hex
    body = {"token": token, "old_password": PASSWORD, "new_password": NEW}
    first = await client.done("auth.change_password", body, message_id=message_id)
    assert await client.done("auth.change_password", body, message_id=message_id) == first


async def test_a_reset_lifts_the_lock_and_ends_every_session(client: Client, stack: Stack) -> None:
    events, given = await client.events("auth.password_reset"), await registered(client, stack)
    number = given["telephone"]
    token = (await sign_in(client, number, realm="usermgmt"))["token"]
    for _ in range(5):
        await fail_sign_in(client, number, realm="usermgmt")
    assert await fail_sign_in(client, number, PASSWORD, realm="usermgmt") == ("throttled", "auth.locked")
    body = {"telephone": number, "code": given["code"], "new_password": NEW}
    await client.done("auth.reset_password", body)
    await sign_in(client, number, NEW, realm="usermgmt")
    assert not await is_valid_session(client, token)
    (event,) = await events.about(f"user/{given['user']['id']}", 1)
    assert event["sequence"] == given["user"]["revision"] + 1
    used = await get_refusal(client, "auth.reset_password", body)
    assert used == ("unauthenticated", "sms.code_wrong")


async def test_wrong_codes_of_a_reset_are_counted_and_burn_the_code(client: Client, stack: Stack) -> None:
    given = await registered(client, stack)
    wrong = {"telephone": given["telephone"], "code": "no code", "new_password": NEW}
    for _ in range(5):
        assert (await client.refused("auth.reset_password", wrong))["code"] == "sms.code_wrong"
    right = {**wrong, "code": given["code"]}
    assert (await client.refused("auth.reset_password", right))["code"] == "sms.code_wrong"
    await sign_in(client, given["telephone"])


async def test_resetting_tells_an_unknown_telephone_first(client: Client) -> None:
    body = {"telephone": telephone(), "code": "000000", "new_password": "weak"}
    assert await get_refusal(client, "auth.reset_password", body) == ("not_found", "user.not_found")
