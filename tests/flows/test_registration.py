"""Registering with a telephone number, end to end."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from contracts.auth import Register, Registered, ResetPassword
from handlers.passwords import reset_password
from handlers.registration import register
from models.errors.sms import SmsDisabled
from models.realms import Policy
from models.unit_of_work import UnitOfWork
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import PASSWORD, get_refusal, telephone

WRONG = ("unauthenticated", "sms.code_wrong")


def person(**fields: Any) -> dict[str, Any]:
    given = {"username": f"User{uuid4().hex[:10]}", "telephone": telephone(), "company": "company", "gender": "male"}
    return {**given, "password": "123.qwe", "password_rules": "dialect", **fields}


async def coded(client: Client, stack: Stack, **fields: Any) -> dict[str, Any]:
    """A person with the code that was sent to the telephone."""
    given = person(**fields)
    await client.done("sms.send_code", {"telephone": given["telephone"]})
    lines = [json.loads(line) for line in stack.sms_log.read_text().splitlines()]
    return {**given, "code": [line["code"] for line in lines if line["telephone"] == given["telephone"]][-1]}


async def test_registering_makes_a_user_with_the_code_that_was_sent(client: Client, stack: Stack) -> None:
    events, given, message_id = await client.events("auth.signed_up"), await coded(client, stack), uuid4().hex
    reply = await client.done("auth.register", given, message_id=message_id)
    user = reply["user"]
    for name in ("username", "telephone", "company", "gender"):
        assert user[name] == given[name]
    assert (user["mobile"], user["email"]) == (given["telephone"], None)
    assert await client.done("auth.register", given, message_id=message_id) == reply
    (event,) = await events.about(f"user/{user['id']}", 1)
    assert event["data"] == user


async def test_password_then_telephone_then_username_then_code_are_checked(client: Client) -> None:
    taken = person()
    await client.done("user.create", {"username": taken["username"], "telephone": taken["telephone"]})
    weak = await get_refusal(client, "auth.register", {**taken, "password_rules": "standard"})
    assert weak == ("invalid", "password.weak")
    assert await get_refusal(client, "auth.register", taken) == ("conflict", "user.telephone_taken")
    other = {**taken, "telephone": telephone()}
    assert await get_refusal(client, "auth.register", other) == ("conflict", "user.username_taken")
    assert await get_refusal(client, "auth.register", person()) == WRONG
    assert await get_refusal(client, "auth.register", person(code="123456")) == WRONG


async def test_a_refused_registration_leaves_nothing_behind(client: Client, stack: Stack) -> None:
    given = await coded(client, stack)
    assert await get_refusal(client, "auth.register", {**given, "code": "no code"}) == WRONG
    assert (await client.done("user.check_taken", {"telephone": given["telephone"]}))["telephone"] is False
    await client.done("auth.register", given)


async def test_of_simultaneous_registrations_with_one_telephone_one_wins(client: Client, stack: Stack) -> None:
    given = await coded(client, stack)
    bodies = [{**given, "username": person()["username"]} for _ in range(10)]
    replies = await asyncio.gather(*(client.settle("auth.register", body) for body in bodies))
    assert [reply["status"] for reply in replies].count("done") == 1
    codes = {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"}
    assert codes <= {"user.telephone_taken", "sms.code_wrong"}


async def _granted(stack: Stack, roles: tuple[tuple[str, str], ...]) -> Registered:
    """Register on a worker without SMS, which gives these roles."""
    shared = replace(stack.worker.dependencies, sms=None, policy=Policy(default_roles=roles))
    async with UnitOfWork(shared) as unit:
        unit.emitted = []
        reply = await register(Register(**person(code="123456")), unit)
    assert isinstance(reply, Registered)
    return reply


async def test_newcomers_get_the_default_roles_that_there_are(stack: Stack) -> None:
    store, app = stack.worker.dependencies.store, f"APP_{uuid4().hex[:6]}"
    number = uuid4().int % 10**12
    await store.collection("apps").insert_one({"_id": number, "code": app, "name": app})
    role = {"app_id": number, "name": f"Role {number}"}
    await store.collection("roles").insert_one({**role, "_id": number, "code": "GUEST", "status": 1})
    await store.collection("roles").insert_one({**role, "_id": number + 1, "code": "GONE", "status": -1})
    reply = await _granted(stack, ((app, "GUEST"), (app, "GONE"), (app, "NEVER"), ("NOWHERE", "GUEST")))
    assert [(given.platform, given.role) for given in reply.permissions] == [(app, "GUEST")]
    assert reply.user.role_ids == [number]


async def test_without_sms_a_code_is_ignored_and_no_password_reset(stack: Stack) -> None:
    reply = await _granted(stack, ())
    assert reply.permissions == []
    shared = replace(stack.worker.dependencies, sms=None)
    body = {"telephone": reply.user.telephone, "code": "123456", "new_password": PASSWORD}
    with pytest.raises(SmsDisabled):
        await reset_password(ResetPassword.model_validate(body), UnitOfWork(shared))
