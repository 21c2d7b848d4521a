"""Service tokens end to end, and login tokens where a realm takes both."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.store.document import now
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import PASSWORD, address, create_tenant, fail_sign_in, get_refusal, sign_in, sign_up

INVALID = ("unauthenticated", "token.invalid")


async def issued(client: Client, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await client.done(
        "token.issue", {"name": f"t {uuid4().hex}", "scopes": ["user.*"], **fields}
    )
    return made


@pytest.mark.parametrize(
    ("scope", "near"),
    [
        ("usr.create", "user.create"),
        ("user.creat", "user.create"),
        ("users.*", "user.*"),
        ("user", "user.*"),
        ("pasport", "passport"),
        ("zzz", None),
    ],
)
async def test_a_scope_that_names_nothing_is_refused_with_the_nearest_ones(
    client: Client, scope: str, near: str | None
) -> None:
    problem = await client.refused("token.issue", {"name": "t", "scopes": ["user.*", scope]})
    assert (problem["kind"], problem["code"]) == ("invalid", "token.scope_unknown")
    (row,) = problem["details"]
    assert (row["scope"], near in [*row["nearest"], None]) == (scope, True)
    assert near is None or near in problem["message"]


@pytest.mark.parametrize("scope", ["*", "*.get", "user.*", "user.get", "auth.sign_*", "foreseen", "rbac", "passport"])
async def test_a_scope_that_names_something_is_taken(client: Client, scope: str) -> None:
    assert (await issued(client, scopes=[scope]))["scopes"] == [scope]


async def test_a_token_is_good_until_revoked(client: Client) -> None:
    events, made = await client.events("token.*"), await issued(client)
    token = made.pop("token")
    verified = await client.done("token.verify", {"token": token})
    assert (verified["id"], verified["scopes"], verified["user"]) == (made["id"], ["user.*"], None)
    revoked = await client.done("token.revoke", {"id": made["id"]})
    assert revoked["revoked"] is True
    assert await get_refusal(client, "token.verify", {"token": token}) == INVALID
    told = await events.about(f"token/{made['id']}", 2)
    assert [event["type"] for event in told] == ["userbus.token.issued.v1", "userbus.token.revoked.v1"]
    assert token not in str(told)


@pytest.mark.parametrize(("scope", "covered"), [("user.get", True), ("user.*", True), ("passport", False)])
async def test_a_scope_is_checked_where_it_is_asked_for(client: Client, scope: str, covered: bool) -> None:
    token = (await issued(client))["token"]
    if covered:
        await client.done("token.verify", {"token": token, "needs": scope})
    else:
        missing = await get_refusal(client, "token.verify", {"token": token, "needs": scope})
        assert missing == ("denied", "token.scope_missing")


async def test_tokens_are_found_by_name_without_their_text(client: Client) -> None:
    made = [await issued(client, name=f"find me {n}") for n in range(2)]
    await client.done("token.revoke", {"id": made[0]["id"]})
    query = {"filter": [{"field": "name", "op": "like", "value": "FIND ME"}]}
    everything = await client.done("token.search", query)
    assert [item["id"] for item in everything["items"]] == [token["id"] for token in made]
    assert [item["id"] for item in (await client.done("token.search", {**query, "live": True}))["items"]] == [
        made[1]["id"]
    ]
    assert made[0]["token"] not in str(everything)


async def test_a_realm_takes_login_tokens_too(client: Client, stack: Stack) -> None:
    email, number = address(), uuid4().int % 10**12
    store = stack.worker.dependencies.store
    await store.collection("apps").insert_one({"_id": number, "code": f"APP_{number}", "name": f"App {number}"})
    role = {"_id": number, "app_id": number, "code": "ADMIN", "name": f"Admin {number}", "sort": 1}
    await store.collection("roles").insert_one({**role, "status": 1, "admin": 1})
    user = await client.done("user.create", {"email": email, "password": PASSWORD})
    token = (await sign_in(client, email, realm="passport"))["token"]
    body = {"token": token, "realm": "passport"}
    verified = await client.done("token.verify", body)
    assert (verified["scopes"], verified["name"]) == ([], f"user:{user['id']}")
    assert verified["user"] == {"id": user["id"], "root": 0, "admin": 0, "roles": 0}
    held = {"$set": {"role_ids": [number, number + 1]}}
    await store.collection("users").update_one({"_id": user["id"]}, held)
    assert (await client.done("token.verify", body))["user"] == {"id": user["id"], "root": 0, "admin": 1, "roles": 1}
    assert await get_refusal(client, "token.verify", {"token": token}) == INVALID
    missing = await get_refusal(client, "token.verify", {**body, "needs": "passport"})
    assert missing == ("denied", "token.scope_missing")
    assert await client.done("token.verify", {"token": stack.token, "realm": "passport", "needs": "passport"})


async def test_a_login_token_that_was_signed_out_is_no_good_token(client: Client) -> None:
    email = address()
    await client.done("user.create", {"email": email, "password": PASSWORD})
    token = (await sign_in(client, email, realm="passport"))["token"]
    await fail_sign_in(client, email, realm="passport", session=token)
    body = {"token": token, "realm": "passport"}
    assert await get_refusal(client, "token.verify", body) == INVALID
    assert await get_refusal(client, "auth.sign_out", body) == ("unauthenticated", "session.invalid")


async def test_a_user_token_is_never_good_without_its_tenant(client: Client) -> None:
    guest = await create_tenant(client)
    token = (await sign_up(client, realm="starcedu_tenant", tenant=guest))["token"]
    assert await get_refusal(client, "token.verify", {"token": token, "realm": "starcedu_tenant"}) == INVALID


async def test_an_expired_token_is_refused(client: Client, stack: Stack) -> None:
    made = await issued(client)
    tokens = stack.worker.dependencies.store.collection("tokens")
    await client.done("token.verify", {"token": made["token"]})
    await tokens.update_one({"_id": made["id"]}, {"$set": {"expires_at": now() - timedelta(seconds=1)}})
    assert await get_refusal(client, "token.verify", {"token": made["token"]}) == INVALID


async def test_a_token_tells_when_it_was_used_last_to_a_minute(client: Client, stack: Stack) -> None:
    made, unused = await issued(client), await issued(client)
    rows = stack.worker.dependencies.store.collection("tokens")

    async def last_used(token: dict[str, Any]) -> Any:
        page = await client.done("token.search", {"filter": [{"field": "id", "op": "eq", "value": token["id"]}]})
        return page["items"][0]["last_used"]

    assert await last_used(made) is None
    for age, is_written in ((0, True), (50, False), (70, True)):
        if age:
            await rows.update_one({"_id": made["id"]}, {"$set": {"last_used": now() - timedelta(seconds=age)}})
        before = await last_used(made)
        await client.done("token.verify", {"token": made["token"]})
        assert (await last_used(made) != before) is is_written
    assert await last_used(unused) is None
