"""Sessions end to end: their ends and their lists."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from models.secrets.keys import token_hash
from models.store.document import now
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import (
    PASSWORD,
    address,
    create_tenant,
    get_refusal,
    is_valid_session,
    sign_in,
    sign_up,
)

INVALID = ("unauthenticated", "session.invalid")


async def moved(stack: Stack, token: str, **times: Any) -> dict[str, Any]:
    """The stored session, after its times were set."""
    rows, key = stack.worker.dependencies.store.collection("sessions"), {"hashes": token_hash(token)}
    if times:
        await rows.update_one(key, {"$set": times})
    row: dict[str, Any] = await rows.find_one(key)
    return row


async def test_an_unused_session_ends(client: Client, stack: Stack) -> None:
    token = (await sign_up(client))["token"]
    await moved(stack, token, expires_at=now())
    assert not await is_valid_session(client, token)


async def test_use_prolongs_a_session_but_is_written_at_most_once_a_minute(client: Client, stack: Stack) -> None:
    token = (await sign_up(client))["token"]
    first = (await moved(stack, token))["expires_at"]
    assert await is_valid_session(client, token)
    assert (await moved(stack, token))["expires_at"] == first
    await moved(stack, token, expires_at=first - timedelta(hours=23))
    assert await is_valid_session(client, token)
    assert (await moved(stack, token))["expires_at"] >= first


async def test_no_use_prolongs_a_session_beyond_its_absolute_end(client: Client, stack: Stack) -> None:
    token = (await sign_up(client))["token"]
    end = now() + timedelta(hours=2)
    await moved(stack, token, expires_at=now() + timedelta(hours=1), ends_at=end)
    assert await is_valid_session(client, token)
    assert (await moved(stack, token))["expires_at"] == end


async def test_copies_of_a_sign_in_at_once_make_one_session(client: Client) -> None:
    email, message_id = address(), uuid4().hex
    user = (await sign_up(client, email=email))["user"]
    body = {"login": email, "password": PASSWORD}
    copies = [client.settle("auth.sign_in", body, message_id=message_id) for _ in range(12)]
    (token,) = {reply["data"]["token"] for reply in await asyncio.gather(*copies)}
    assert len((await client.done("session.list", {"user_id": user["id"]}))["items"]) == 2
    assert await client.done("auth.sign_out", {"token": token}) == {"ended": 1}
    assert not await is_valid_session(client, token)


async def test_a_session_is_stored_as_a_hash(client: Client, stack: Stack) -> None:
    token = (await sign_up(client))["token"]
    assert token not in str(await moved(stack, token))


async def test_a_users_sessions_are_listed_and_revoked_one_or_all(client: Client) -> None:
    events, email = await client.events("session.revoked"), address()
    first = await sign_up(client, email=email)
    others = [await sign_in(client, email) for _ in range(2)]
    user_id = first["user"]["id"]
    listed = await client.done("session.list", {"user_id": user_id})
    assert listed["items"] == [reply["session"] for reply in (others[1], others[0], first)]
    one = {"user_id": user_id, "id": first["session"]["id"]}
    assert await client.done("session.revoke", one) == {"revoked": 1}
    assert not await is_valid_session(client, first["token"])
    assert await is_valid_session(client, others[0]["token"])
    assert await get_refusal(client, "session.revoke", one) == ("not_found", "session.not_found")
    assert await client.done("session.revoke", {"user_id": user_id}) == {"revoked": 2}
    assert (await client.done("session.list", {"user_id": user_id}))["items"] == []
    (event,) = await events.about(f"session/{first['session']['id']}", 1)
    assert (event["sequence"], event["data"]["user_id"]) == (2, user_id)


async def test_nobody_revokes_the_session_of_another(client: Client) -> None:
    mine, other = await sign_up(client), await sign_up(client)
    body = {"user_id": mine["user"]["id"], "id": other["session"]["id"]}
    assert await get_refusal(client, "session.revoke", body) == ("not_found", "session.not_found")
    assert await is_valid_session(client, other["token"])


async def test_sessions_end_with_deletion_and_do_not_come_back(client: Client) -> None:
    reply = await sign_up(client)
    await client.done("user.set_status", {"id": reply["user"]["id"], "status": -1})
    assert not await is_valid_session(client, reply["token"])
    await client.done("user.set_status", {"id": reply["user"]["id"], "status": 1})
    assert not await is_valid_session(client, reply["token"])


async def test_sessions_end_with_a_new_password_and_with_erasure(client: Client) -> None:
    email = address()
    first = await sign_up(client, email=email)
    await client.done("user.update", {"id": first["user"]["id"], "password": PASSWORD})
    assert not await is_valid_session(client, first["token"])
    second = await sign_in(client, email)
    await client.done("user.update", {"id": first["user"]["id"], "name": "Anna"})
    assert await is_valid_session(client, second["token"])
    await client.done("user.delete", {"id": first["user"]["id"]})
    assert not await is_valid_session(client, second["token"])


async def test_a_session_opened_while_the_password_changed_is_dead(client: Client, stack: Stack) -> None:
    reply = await sign_up(client)
    row = await moved(stack, reply["token"])
    await client.done("user.update", {"id": reply["user"]["id"], "password": PASSWORD})
    await stack.worker.dependencies.store.collection("sessions").insert_one(row)
    assert not await is_valid_session(client, reply["token"])
    assert (await client.done("session.list", {"user_id": reply["user"]["id"]}))["items"] == []


async def test_a_session_of_an_erased_user_is_not_that_of_a_new_one_with_the_same_id(
    client: Client, stack: Stack
) -> None:
    reply = await sign_up(client)
    token, erased = reply["token"], {"id": reply["user"]["id"]}
    row = await moved(stack, token)
    await client.done("user.delete", erased)
    await client.done("user.create", {**erased, "email": address()})
    await stack.worker.dependencies.store.collection("sessions").insert_one(row)
    assert not await is_valid_session(client, token)


async def test_a_user_token_is_good_only_with_its_tenant(client: Client) -> None:
    ours, other = await create_tenant(client), await create_tenant(client)
    token = (await sign_up(client, realm="starcedu_tenant", tenant=ours))["token"]
    body = {"token": token, "realm": "starcedu_tenant"}
    assert await is_valid_session(client, token, realm="starcedu_tenant", tenant=ours)
    assert await get_refusal(client, "session.resolve", {**body, "tenant": other}) == INVALID
    wrong = {**ours, "secret": "another secret of a tenant"}
    invalid = ("unauthenticated", "tenant.invalid")
    assert await get_refusal(client, "session.resolve", {**body, "tenant": wrong}) == invalid
    assert await get_refusal(client, "session.resolve", {"token": token}) == INVALID
    assert (await client.refused("session.resolve", body))["code"] == "message.invalid"


async def test_a_new_user_token_replaces_the_old_one_of_that_tenant(client: Client) -> None:
    ours, other, email = await create_tenant(client), await create_tenant(client), address()
    first = await sign_up(client, email=email, realm="starcedu_tenant", tenant=ours)
    elsewhere = await sign_in(client, email, realm="starcedu_tenant", tenant=other)
    second = await sign_in(client, email, realm="starcedu_tenant", tenant=ours)
    assert second["session"]["lifetime"] == 1209600
    assert not await is_valid_session(client, first["token"], realm="starcedu_tenant", tenant=ours)
    assert await is_valid_session(client, second["token"], realm="starcedu_tenant", tenant=ours)
    assert await is_valid_session(client, elsewhere["token"], realm="starcedu_tenant", tenant=other)
