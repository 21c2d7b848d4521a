"""Identities that wait in a session: attached, bound at the next sign-in or sign-up, forgotten."""

from functools import reduce
from typing import Any
from uuid import uuid4

import pytest

from models.secrets.keys import token_hash
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import (
    BAD,
    PASSWORD,
    address,
    fail_sign_in,
    get_refusal,
    is_valid_session,
    read_journal,
    sign_in,
    sign_up,
)

DEEPEST: dict[str, Any] = reduce(lambda inner, _: {"in": inner}, range(63), {"deepest": 1})
INVALID = ("unauthenticated", "session.invalid")


def identity() -> dict[str, Any]:
    return {"provider": "lark", "subject": f"ou_{uuid4().hex}", "profile": {"name": "Anna"}}


async def test_an_identity_that_waits_is_bound_by_the_sign_up(client: Client) -> None:
    events, given = await client.events("account.bound"), identity()
    token = (await client.done("session.attach_identity", given))["token"]
    assert await get_refusal(client, "session.resolve", {"token": token}) == INVALID
    reply = await sign_up(client, realm="starcedu_local", session=token)
    assert reply["bound"] == given
    (account,) = reply["user"]["accounts"]
    assert (account["integration"], account["account"]) == ("lark", given["subject"])
    (event,) = await events.about(f"user/{reply['user']['id']}", 1)
    assert event["data"]["account"] == account
    assert await client.done("user.get", {"id": reply["user"]["id"]}) == reply["user"]


async def test_an_identity_replaces_the_older_account_of_its_provider(client: Client) -> None:
    email, given = address(), identity()
    old = {"integration": "lark", "account": f"ou_{uuid4().hex}"}
    user = await client.done("user.create", {"email": email, "password": PASSWORD, "accounts": [old]})
    token = (await client.done("session.attach_identity", given))["token"]
    assert await fail_sign_in(client, email, realm="starcedu_local", session=token) == BAD
    reply = await sign_in(client, email, realm="starcedu_local", session=token)
    (account,) = reply["user"]["accounts"]
    assert account == {**user["accounts"][0], "account": given["subject"]}
    assert (await sign_in(client, email, realm="starcedu_local", session=reply["token"]))["bound"] is None


@pytest.mark.parametrize("accounts", [[], [{"integration": "lark"}]], ids=["bound", "rebound"])
async def test_a_user_to_whom_an_identity_is_bound_is_updated(client: Client, accounts: list[dict[str, str]]) -> None:
    email, given = address(), identity()
    older = [account | {"account": f"ou_{uuid4().hex}"} for account in accounts]
    user = await client.done("user.create", {"email": email, "password": PASSWORD, "accounts": older})
    for changes in (True, False):  # bound already the second time
        token = (await client.done("session.attach_identity", given))["token"]
        reply = await sign_in(client, email, realm="starcedu_local", session=token)
        assert (reply["user"]["updated_at"] > user["updated_at"]) is changes
        user = reply["user"]


async def test_a_vanished_identity_is_refused_and_forgotten(client: Client) -> None:
    email, given = address(), identity()
    await client.done("user.create", {"email": email, "password": PASSWORD})
    token = (await client.done("session.attach_identity", given))["token"]
    pair = {"integration": given["provider"], "account": given["subject"]}
    await client.done("user.create", {"username": f"u{uuid4().hex}", "accounts": [pair]})
    newcomer = {"email": address(), "password": PASSWORD, "realm": "starcedu_local", "session": token}
    assert await get_refusal(client, "auth.sign_up", newcomer) == ("conflict", "identity.gone")
    assert (await client.done("user.check_taken", {"email": newcomer["email"]}))["email"] is False
    assert (await sign_in(client, email, realm="starcedu_local", session=token))["bound"] is None


async def test_a_vanished_identity_refuses_a_sign_in_too(client: Client) -> None:
    email, given = address(), identity()
    await client.done("user.create", {"email": email, "password": PASSWORD})
    token = (await client.done("session.attach_identity", given))["token"]
    pair = {"integration": given["provider"], "account": given["subject"]}
    await client.done("user.create", {"username": f"u{uuid4().hex}", "accounts": [pair]})
    gone = await fail_sign_in(client, email, PASSWORD, realm="starcedu_local", session=token)
    assert gone == ("conflict", "identity.gone")


async def test_attaching_to_a_session_leaves_its_token_good(client: Client, stack: Stack) -> None:
    email, message_id = address(), uuid4().hex
    token = (await sign_up(client, email=email, realm="starcedu_local"))["token"]
    body = {**identity(), "token": token}
    attached = await client.done("session.attach_identity", body, message_id=message_id)
    assert attached == await client.done("session.attach_identity", body, message_id=message_id)
    assert await is_valid_session(client, token)
    assert await is_valid_session(client, attached["token"])
    kept = await read_journal(stack, message_id)
    assert token not in kept
    assert attached["token"] not in kept
    reply = await sign_in(client, email, realm="starcedu_local", session=token)
    assert reply["bound"]["subject"] == body["subject"]
    assert not await is_valid_session(client, attached["token"])


async def test_a_refused_sign_in_signs_out_and_leaves_the_identity_waiting(client: Client, stack: Stack) -> None:
    events, email, given = await client.events("auth.signed_out"), address(), identity()
    first = await sign_up(client, email=email, realm="starcedu_local")
    token = (await client.done("session.attach_identity", {**given, "token": first["token"]}))["token"]
    assert await fail_sign_in(client, email, realm="starcedu_local", session=token) == BAD
    (event,) = await events.about(f"session/{first['session']['id']}", 1)
    assert event["data"]["user_id"] == first["user"]["id"]
    assert not await is_valid_session(client, token)
    rows = stack.worker.dependencies.store.collection("sessions")
    (left,) = await rows.find({"hashes": token_hash(token)}).to_list(None)
    assert left["user_id"] is None
    assert left["_id"] != first["session"]["id"]
    assert await fail_sign_in(client, email, realm="starcedu_local", session=token) == BAD
    assert await rows.find_one({"hashes": token_hash(token)}) == left
    reply = await sign_in(client, email, realm="starcedu_local", session=token)
    assert reply["bound"] == given
    assert await rows.find_one({"hashes": token_hash(token)}) is None


async def test_signing_out_forgets_the_identity(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    token = (await client.done("session.attach_identity", identity()))["token"]
    assert await client.done("auth.sign_out", {"token": token, "realm": "starcedu_local"}) == {"ended": 1}
    assert (await sign_in(client, email, realm="starcedu_local", session=token))["bound"] is None


@pytest.mark.parametrize(
    "profile", [{}, {"$set": {"a.b": [1, None, True, 1.5]}, "": ""}, {"n": [2**63 - 1, -(2**63)]}, DEEPEST]
)
async def test_a_profile_of_plain_json_comes_back_as_it_was(client: Client, profile: dict[str, Any]) -> None:
    token = (await client.done("session.attach_identity", {**identity(), "profile": profile}))["token"]
    assert (await sign_up(client, realm="starcedu_local", session=token))["bound"]["profile"] == profile


@pytest.mark.parametrize(
    "profile",
    [
        {"a\0b": 1},
        {"n": 2**63},
        {"n": [{"m": -(2**63) - 1}]},
        {"n": float("nan")},
        {"n": float("inf")},
        {"in": DEEPEST},
    ],
)
async def test_a_profile_that_cannot_be_kept_is_refused(client: Client, profile: dict[str, Any]) -> None:
    problem = await client.refused("session.attach_identity", {**identity(), "profile": profile})
    assert (problem["kind"], problem["code"]) == ("invalid", "message.invalid")
    assert [detail["field"] for detail in problem["details"]] == ["profile"]


async def test_attaching_needs_a_provider_and_a_session_that_are_there(client: Client) -> None:
    unknown = {**identity(), "provider": "nowhere"}
    assert await get_refusal(client, "session.attach_identity", unknown) == ("not_found", "integration.not_found")
    assert await get_refusal(client, "session.attach_identity", {**identity(), "token": "nothing"}) == INVALID
