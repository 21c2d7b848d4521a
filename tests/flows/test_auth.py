"""Signing in and out, end to end: real broker, real database, a plain AMQP client."""

import asyncio
from unicodedata import normalize
from uuid import uuid4

import pytest
from passlib.hash import bcrypt

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
    read_journal,
    sign_in,
    sign_up,
)


async def test_a_repeated_sign_in_gives_the_same_token_which_the_journal_does_not_know(
    client: Client, stack: Stack
) -> None:
    email, message_id = address(), uuid4().hex
    await sign_up(client, email=email)
    body = {"login": email, "password": PASSWORD}
    first = await client.done("auth.sign_in", body, message_id=message_id)
    again = await client.done("auth.sign_in", body, message_id=message_id)
    assert first == again
    assert len(bytes.fromhex(first["token"])) == 16
    kept = await read_journal(stack, message_id)
    assert first["token"] not in kept
    assert PASSWORD not in kept


async def test_a_repeated_tenant_sign_in_gives_the_same_jwt(client: Client, stack: Stack) -> None:
    email, message_id, guest = address(), uuid4().hex, await create_tenant(client)
    await sign_up(client, email=email)
    body = {"login": email, "password": PASSWORD, "realm": "starcedu_tenant", "tenant": guest}
    first = await client.done("auth.sign_in", body, message_id=message_id)
    again = await client.done("auth.sign_in", body, message_id=message_id)
    assert first == again
    assert first["token"].count(".") == 2
    kept = await read_journal(stack, message_id)
    assert first["token"].split(".")[2] not in kept
    assert guest["secret"] not in kept


@pytest.mark.parametrize(
    ("realm", "kinds"),
    [
        ("standard", {"username", "email", "telephone"}),
        ("usermgmt", {"username", "email", "telephone"}),
        ("starcedu_local", {"username", "email"}),
        ("passport", {"email"}),
    ],
)
async def test_each_realm_looks_among_its_identifiers(client: Client, realm: str, kinds: set[str]) -> None:
    logins = {"username": f"u{uuid4().hex[:10]}", "email": address(), "telephone": str(uuid4().int)[:11]}
    await client.done("user.create", {**logins, "password": PASSWORD})
    for kind, login in logins.items():
        if kind in kinds:
            assert (await sign_in(client, f" {login.upper()} ", realm=realm))["user"][kind] == login
        else:
            assert await fail_sign_in(client, login, PASSWORD, realm=realm) == BAD


async def test_wrong_password_unknown_user_and_no_password_are_told_alike(client: Client) -> None:
    email, without = address(), address()
    await sign_up(client, email=email)
    await client.done("user.create", {"email": without})
    for login in (email, without, address()):
        problem = await client.refused("auth.sign_in", {"login": login, "password": "wrong"})
        assert (problem["kind"], problem["code"], problem["details"]) == (*BAD, None)


async def test_a_failed_sign_in_is_told_without_the_identifier(client: Client) -> None:
    events, login = await client.events("auth.sign_in_failed"), address()
    message_id = uuid4().hex
    await client.refused("auth.sign_in", {"login": login, "password": "wrong"}, message_id=message_id)
    while (event := await events.next())["causationid"] != message_id:
        pass
    told = {"realm": "standard", "user_id": None, "failures": 1, "locked_until": None, "client_address": None}
    assert event["data"] == told
    assert login not in str(event)


async def test_a_foreign_hash_is_upgraded_by_the_first_sign_in(client: Client, stack: Stack) -> None:
    email = address()
    user = await client.done("user.create", {"email": email, "password_hash": bcrypt.using(rounds=4).hash(PASSWORD)})
    assert (await sign_in(client, email))["user"]["id"] == user["id"]
    row = await stack.worker.dependencies.store.collection("users").find_one({"_id": user["id"]})
    assert row["password"].startswith("$argon2id$")
    assert row["revision"] == user["revision"]
    assert (await sign_in(client, email))["user"] == user


@pytest.mark.parametrize(
    ("typed", "hashed"),
    [
        (
            "白日依山尽黄河入海流欲穷千里目更上一层楼床前明月光疑是地上霜举头",
            "白日依山尽黄河入海流欲穷千里目更上一层楼床前明月光"[:24],
        ),
        (normalize("NFD", "Ångström ê"), normalize("NFD", "Ångström ê")),
        (normalize("NFD", "Ångström ê"), normalize("NFC", "Ångström ê")),
    ],
    ids=["32 Chinese characters, of which bcrypt reads 24", "typed and hashed in NFD", "typed in NFD, hashed in NFC"],
)
async def test_a_foreign_hash_is_compared_as_its_writer_did(client: Client, typed: str, hashed: str) -> None:
    email = address()
    await client.done("user.create", {"email": email, "password_hash": bcrypt.using(rounds=4).hash(hashed)})
    for _ in ("against the foreign hash", "against ours"):
        reply = await client.done("auth.sign_in", {"login": email, "password": typed})
    changed = {"token": reply["token"], "old_password": typed, "new_password": "another good one"}
    assert (await client.done("auth.change_password", changed))["user"]["email"] == email


async def test_signing_in_replaces_the_presented_session(client: Client) -> None:
    email = address()
    old = (await sign_up(client, email=email, realm="starcedu_local"))["token"]
    new = (await sign_in(client, email, realm="starcedu_local", session=old))["token"]
    assert old != new
    assert not await is_valid_session(client, old)
    assert await is_valid_session(client, new)


async def test_a_wrong_password_signs_the_presented_session_out(client: Client) -> None:
    email = address()
    token = (await sign_up(client, email=email, realm="starcedu_local"))["token"]
    assert await fail_sign_in(client, email, realm="starcedu_local", session=token) == BAD
    assert not await is_valid_session(client, token)


async def test_failures_in_other_peoples_sessions_are_counted_too(client: Client) -> None:
    emails = [address() for _ in range(3)]
    for email in emails:
        await client.done("user.create", {"email": email, "password": PASSWORD})
    tokens = [(await sign_in(client, email, realm="passport"))["token"] for email in emails]
    guess = {"login": emails[0], "password": "wrong", "realm": "passport"}
    problems = [await client.refused("auth.sign_in", {**guess, "session": token}) for token in (*tokens, tokens[0])]
    assert {(problem["kind"], problem["code"]) for problem in problems} == {BAD}
    assert problems[3]["details"] == {"delay": 0.1}
    assert not any([await is_valid_session(client, token, realm="passport") for token in tokens])


async def test_a_user_token_of_another_tenant_is_left_alone(client: Client) -> None:
    ours, other, email = await create_tenant(client), await create_tenant(client), address()
    token = (await sign_up(client, email=email, realm="starcedu_tenant", tenant=ours))["token"]
    shown = {"realm": "starcedu_tenant", "tenant": other, "session": token}
    assert await fail_sign_in(client, email, **shown) == BAD
    await sign_in(client, email, **shown)
    assert await is_valid_session(client, token, realm="starcedu_tenant", tenant=ours)


async def test_a_session_of_another_realm_is_left_alone(client: Client) -> None:
    email = address()
    token = (await sign_up(client, email=email, realm="usermgmt"))["token"]
    await sign_in(client, email, realm="starcedu_local", session=token)
    assert await is_valid_session(client, token, realm="usermgmt")
    assert not await is_valid_session(client, token, realm="starcedu_local")


async def test_a_remembered_sign_in_lasts_fourteen_days(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    session = (await sign_in(client, email, realm="starcedu_local", remember=True))["session"]
    assert (session["lifetime"], session["sliding"], session["remembered"]) == (1209600, False, True)


async def test_a_passport_login_replaces_the_earlier_one(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    first = await sign_in(client, email, realm="passport")
    second = await sign_in(client, email, realm="passport")
    assert (first["session"]["lifetime"], len(first["token"])) == (7200, 32)
    assert not await is_valid_session(client, first["token"], realm="passport")
    assert await is_valid_session(client, second["token"], realm="passport")


async def test_simultaneous_passport_logins_leave_one(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    replies = await asyncio.gather(*(sign_in(client, email, realm="passport") for _ in range(8)))
    alive = await asyncio.gather(*(is_valid_session(client, reply["token"], realm="passport") for reply in replies))
    assert alive.count(True) == 1


async def test_signing_out_ends_the_session_once(client: Client) -> None:
    events = await client.events("auth.signed_out")
    reply = await sign_up(client)
    assert await client.done("auth.sign_out", {"token": reply["token"]}) == {"ended": 1}
    assert await client.done("auth.sign_out", {"token": reply["token"]}) == {"ended": 0}
    assert not await is_valid_session(client, reply["token"])
    (event,) = await events.about(f"session/{reply['session']['id']}", 1)
    assert (event["sequence"], event["data"]["user_id"]) == (2, reply["user"]["id"])


async def test_signing_out_of_nothing_is_a_fault_where_sessions_are_tokens(client: Client) -> None:
    invalid = ("unauthenticated", "session.invalid")
    assert await get_refusal(client, "auth.sign_out", {"token": "nothing", "realm": "passport"}) == invalid
    body = {"token": "nothing", "realm": "starcedu_tenant", "tenant": await create_tenant(client)}
    assert await get_refusal(client, "auth.sign_out", body) == invalid


async def test_a_password_that_nobody_could_have_is_only_wrong(client: Client) -> None:
    assert await fail_sign_in(client, address(), "x" * 4096) == BAD
    assert await fail_sign_in(client, "x" * 4096, "\u0000") == BAD
