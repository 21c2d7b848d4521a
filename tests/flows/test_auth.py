"""Signing up, in and out, end to end: real broker, real database, a plain AMQP client."""

import asyncio
from uuid import uuid4

import pytest
from passlib.hash import bcrypt

from tests.client import Client
from tests.stack import Stack
from tests.visitors import BAD, PASSWORD, address, fails, holds, journalled, sign_in, signed_up, tenant, verdict


async def test_signing_up_makes_a_user_known_by_the_lower_cased_address(client: Client) -> None:
    email = address()
    reply = await signed_up(client, email=email.replace("user", "USER"), realm="starcedu_local")
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
    reply = await signed_up(client)
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
    token = (await signed_up(client, email=email, realm="starcedu_local"))["token"]
    again = {"email": email.upper(), "password": PASSWORD, "realm": "starcedu_local", "session": token}
    assert await verdict(client, "auth.sign_up", again) == ("conflict", "user.username_taken")
    assert not await holds(client, token)


async def test_a_weak_password_is_refused_under_the_standard_rules_only(client: Client) -> None:
    body = {"email": address(), "password": "abc123"}
    assert await verdict(client, "auth.sign_up", body) == ("invalid", "password.weak")
    assert (await client.done("auth.sign_up", {**body, "password_rules": "dialect"}))["user"]["email"] == body["email"]


async def test_of_fifty_simultaneous_sign_ups_exactly_one_wins(client: Client) -> None:
    body = {"email": address(), "password": PASSWORD}
    replies = await asyncio.gather(*(client.call("auth.sign_up", body, seconds=60) for _ in range(50)))
    assert [reply["status"] for reply in replies].count("done") == 1
    assert {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"} == {"user.username_taken"}


async def test_a_repeated_sign_in_gives_the_same_token_which_the_journal_does_not_know(
    client: Client, stack: Stack
) -> None:
    email, message_id = address(), uuid4().hex
    await signed_up(client, email=email)
    body = {"login": email, "password": PASSWORD}
    first = await client.done("auth.sign_in", body, message_id=message_id)
    again = await client.done("auth.sign_in", body, message_id=message_id)
    assert first == again
    assert len(bytes.fromhex(first["token"])) == 16
    kept = await journalled(stack, message_id)
    assert first["token"] not in kept
    assert PASSWORD not in kept


async def test_a_repeated_tenant_sign_in_gives_the_same_jwt(client: Client, stack: Stack) -> None:
    email, message_id, guest = address(), uuid4().hex, await tenant(client)
    await signed_up(client, email=email)
    body = {"login": email, "password": PASSWORD, "realm": "starcedu_tenant", "tenant": guest}
    first = await client.done("auth.sign_in", body, message_id=message_id)
    again = await client.done("auth.sign_in", body, message_id=message_id)
    assert first == again
    assert first["token"].count(".") == 2
    kept = await journalled(stack, message_id)
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
            assert await fails(client, login, PASSWORD, realm=realm) == BAD


async def test_wrong_password_unknown_user_and_no_password_are_told_alike(client: Client) -> None:
    email, without = address(), address()
    await signed_up(client, email=email)
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
    assert event["data"] == {"realm": "standard", "user_id": None, "failures": 1, "locked_until": None}
    assert login not in str(event)


async def test_a_foreign_hash_is_upgraded_by_the_first_sign_in(client: Client, stack: Stack) -> None:
    email = address()
    user = await client.done("user.create", {"email": email, "password_hash": bcrypt.using(rounds=4).hash(PASSWORD)})
    assert (await sign_in(client, email))["user"]["id"] == user["id"]
    row = await stack.worker.shared.store.collection("users").find_one({"_id": user["id"]})
    assert row["password"].startswith("$argon2id$")
    assert row["revision"] == user["revision"]
    assert (await sign_in(client, email))["user"] == user


async def test_signing_in_replaces_the_presented_session(client: Client) -> None:
    email = address()
    old = (await signed_up(client, email=email, realm="starcedu_local"))["token"]
    new = (await sign_in(client, email, realm="starcedu_local", session=old))["token"]
    assert old != new
    assert not await holds(client, old)
    assert await holds(client, new)


async def test_a_wrong_password_signs_the_presented_session_out(client: Client) -> None:
    email = address()
    token = (await signed_up(client, email=email, realm="starcedu_local"))["token"]
    assert await fails(client, email, realm="starcedu_local", session=token) == BAD
    assert not await holds(client, token)


async def test_failures_in_other_peoples_sessions_are_counted_too(client: Client) -> None:
    emails = [address() for _ in range(3)]
    for email in emails:
        await client.done("user.create", {"email": email, "password": PASSWORD})
    tokens = [(await sign_in(client, email, realm="passport"))["token"] for email in emails]
    guess = {"login": emails[0], "password": "wrong", "realm": "passport"}
    problems = [await client.refused("auth.sign_in", {**guess, "session": token}) for token in (*tokens, tokens[0])]
    assert {(problem["kind"], problem["code"]) for problem in problems} == {BAD}
    assert problems[3]["details"] == {"delay": 0.1}
    assert not any([await holds(client, token, realm="passport") for token in tokens])


async def test_a_user_token_of_another_tenant_is_left_alone(client: Client) -> None:
    ours, other, email = await tenant(client), await tenant(client), address()
    token = (await signed_up(client, email=email, realm="starcedu_tenant", tenant=ours))["token"]
    shown = {"realm": "starcedu_tenant", "tenant": other, "session": token}
    assert await fails(client, email, **shown) == BAD
    await sign_in(client, email, **shown)
    assert await holds(client, token, realm="starcedu_tenant", tenant=ours)


async def test_a_session_of_another_realm_is_left_alone(client: Client) -> None:
    email = address()
    token = (await signed_up(client, email=email, realm="usermgmt"))["token"]
    await sign_in(client, email, realm="starcedu_local", session=token)
    assert await holds(client, token, realm="usermgmt")
    assert not await holds(client, token, realm="starcedu_local")


async def test_a_remembered_sign_in_lasts_fourteen_days(client: Client) -> None:
    email = address()
    await signed_up(client, email=email)
    session = (await sign_in(client, email, realm="starcedu_local", remember=True))["session"]
    assert (session["lifetime"], session["sliding"], session["remembered"]) == (1209600, False, True)


async def test_a_passport_login_replaces_the_earlier_one(client: Client) -> None:
    email = address()
    await signed_up(client, email=email)
    first = await sign_in(client, email, realm="passport")
    second = await sign_in(client, email, realm="passport")
    assert (first["session"]["lifetime"], len(first["token"])) == (7200, 32)
    assert not await holds(client, first["token"], realm="passport")
    assert await holds(client, second["token"], realm="passport")


async def test_simultaneous_passport_logins_leave_one(client: Client) -> None:
    email = address()
    await signed_up(client, email=email)
    replies = await asyncio.gather(*(sign_in(client, email, realm="passport") for _ in range(8)))
    alive = await asyncio.gather(*(holds(client, reply["token"], realm="passport") for reply in replies))
    assert alive.count(True) == 1


async def test_signing_out_ends_the_session_once(client: Client) -> None:
    events = await client.events("auth.signed_out")
    reply = await signed_up(client)
    assert await client.done("auth.sign_out", {"token": reply["token"]}) == {"ended": 1}
    assert await client.done("auth.sign_out", {"token": reply["token"]}) == {"ended": 0}
    assert not await holds(client, reply["token"])
    (event,) = await events.about(f"session/{reply['session']['id']}", 1)
    assert (event["sequence"], event["data"]["user_id"]) == (2, reply["user"]["id"])


async def test_signing_out_of_nothing_is_a_fault_where_sessions_are_tokens(client: Client) -> None:
    invalid = ("unauthenticated", "session.invalid")
    assert await verdict(client, "auth.sign_out", {"token": "nothing", "realm": "passport"}) == invalid
    body = {"token": "nothing", "realm": "starcedu_tenant", "tenant": await tenant(client)}
    assert await verdict(client, "auth.sign_out", body) == invalid


async def test_a_password_that_nobody_could_have_is_only_wrong(client: Client) -> None:
    assert await fails(client, address(), "x" * 4096) == BAD
    assert await fails(client, "x" * 4096, "\u0000") == BAD
