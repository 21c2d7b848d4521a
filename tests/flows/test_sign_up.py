"""Signing up, end to end: real broker, real database, a plain AMQP client."""

import asyncio

from tests.support.client import Client
from tests.support.visitors import (
    PASSWORD,
    address,
    get_refusal,
    is_valid_session,
    sign_up,
)


async def test_signing_up_makes_a_user_known_by_the_lower_cased_address(client: Client) -> None:
    email = address()
    reply = await sign_up(client, email=email.replace("user", "USER"), realm="starcedu_local")
    assert (reply["user"]["username"], reply["user"]["email"], reply["bound"]) == (email, email, None)
    assert (reply["session"]["realm"], reply["session"]["lifetime"], reply["session"]["sliding"]) == (
        "starcedu_local",
        86400,
        True,
    )
    resolved = await client.done("session.resolve", {"token": reply["token"], "realm": "starcedu_local"})
    assert resolved["user"] == reply["user"]


async def test_signing_up_is_told_in_order_and_without_secrets(client: Client) -> None:
    users, sessions = await client.events("user.created", "auth.signed_up"), await client.events("auth.signed_in")
    reply = await sign_up(client)
    told = await users.about(f"user/{reply['user']['id']}", 2)
    assert [(event["type"], event["sequence"]) for event in told] == [
        ("userbus.user.created.v1", 1),
        ("userbus.auth.signed_up.v1", 2),
    ]
    assert told[1]["data"] == reply["user"]
    (opened,) = await sessions.about(f"session/{reply['session']['id']}", 1)
    assert (opened["type"], opened["sequence"]) == ("userbus.auth.signed_in.v1", 1)
    assert opened["data"] == reply["session"]
    assert reply["token"] not in str(told) + str(opened)


async def test_a_taken_address_is_refused_and_signs_the_visitor_out(client: Client) -> None:
    email = address()
    token = (await sign_up(client, email=email, realm="starcedu_local"))["token"]
    again = {"email": email.upper(), "password": PASSWORD, "realm": "starcedu_local", "session": token}
    assert await get_refusal(client, "auth.sign_up", again) == ("conflict", "user.username_taken")
    assert not await is_valid_session(client, token)


async def test_a_weak_password_is_refused_under_the_standard_rules_only(client: Client) -> None:
    body = {"email": address(), "password": "abc123"}
    assert await get_refusal(client, "auth.sign_up", body) == ("invalid", "password.weak")
    assert (await client.done("auth.sign_up", {**body, "password_rules": "dialect"}))["user"]["email"] == body["email"]


async def test_of_fifty_simultaneous_sign_ups_exactly_one_wins(client: Client) -> None:
    body = {"email": address(), "password": PASSWORD}
    replies = await asyncio.gather(*(client.settle("auth.sign_up", body) for _ in range(50)))
    assert [reply["status"] for reply in replies].count("done") == 1
    assert {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"} == {"user.username_taken"}
