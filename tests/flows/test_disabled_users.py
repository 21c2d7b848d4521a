"""Disabled users: no sign-in in any realm, no session, and all else as it was."""

from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import BAD, PASSWORD, address, fail_sign_in, is_valid_session, sign_in, telephone

DISABLED = ("denied", "auth.user_disabled")


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


async def test_a_disabled_user_cannot_sign_in_until_enabled(client: Client) -> None:
    events = await client.events("user.*")
    user = await client.done("user.create", {"email": address(), "password": PASSWORD})
    token = (await sign_in(client, user["email"]))["token"]
    disabled = await client.done("user.disable", {"id": user["id"]})
    assert disabled["disabled"] == 1
    assert not await is_valid_session(client, token)
    assert await fail_sign_in(client, user["email"], PASSWORD) == DISABLED
    assert await client.done("user.get", {"login": user["email"]}) == disabled
    enabled = await client.done("user.enable", {"id": user["id"]})
    assert await is_valid_session(client, (await sign_in(client, user["email"]))["token"])
    told = await events.about(f"user/{user['id']}", 3)
    assert [event["type"] for event in told] == [
        f"userbus.user.{what}.v1" for what in ("created", "disabled", "enabled")
    ]
    assert [event["data"] for event in told[1:]] == [disabled, enabled]


@pytest.mark.parametrize("realm", ["standard", "usermgmt", "starcedu_local", "passport"])
async def test_only_who_knows_the_password_hears_that_a_user_is_disabled(client: Client, realm: str) -> None:
    user = await client.done("user.create", {"email": address(), "password": PASSWORD})
    await client.done("user.disable", {"id": user["id"]})
    assert await fail_sign_in(client, user["email"], PASSWORD, realm=realm) == DISABLED
    assert await fail_sign_in(client, user["email"], realm=realm) == BAD


async def test_disabling_twice_changes_nothing(client: Client) -> None:
    user = await client.done("user.create", {"username": name()})
    for request in ("user.disable", "user.enable"):
        first = await client.done(request, {"id": user["id"]})
        assert await client.done(request, {"id": user["id"]}) == first
        assert (await client.refused(request, {"id": 9_000_000_000}))["code"] == "user.not_found"


async def test_disabled_users_are_found_by_that(client: Client) -> None:
    company = uuid4().hex
    first, _ = [await client.done("user.create", {"username": name(), "company": company}) for _ in range(2)]
    await client.done("user.disable", {"id": first["id"]})
    where = [{"field": "company", "value": company}, {"field": "disabled", "value": 1}]
    page = await client.done("user.search", {"filter": where})
    assert [row["id"] for row in page["items"]] == [first["id"]]


async def test_a_root_user_stays_where_the_caller_protects_it(client: Client) -> None:
    root = await client.done("user.create", {"username": name(), "root": 1})
    body = {"id": root["id"], "protect_root": True}
    assert (await client.refused("user.disable", body))["code"] == "user.root_protected"


async def test_a_new_address_or_number_is_unverified(client: Client) -> None:
    verified = {"email_verified": 1, "telephone_verified": 1}
    user = await client.done("user.create", {"email": address(), "telephone": telephone(), **verified})
    assert verified.items() <= user.items()
    changed = await client.done("user.update", {"id": user["id"], "email": address(), "telephone": user["telephone"]})
    assert (changed["email_verified"], changed["telephone_verified"]) == (0, 1)
    changed = await client.done("user.update", {"id": user["id"], "telephone": telephone(), "telephone_verified": 1})
    assert (changed["email_verified"], changed["telephone_verified"]) == (0, 1)


async def test_a_user_is_found_by_the_id_of_another_system_which_nobody_else_gets(client: Client, stack: Stack) -> None:
    external_id = str(uuid4().int % 2**63)
    user = await client.done("user.create", {"username": name(), "external_id": external_id})
    assert await client.done("user.get", {"external_id": external_id}) == user
    problem = await client.refused("user.create", {"username": name(), "external_id": external_id})
    assert problem["code"] == "user.external_id_taken"
    users = stack.worker.dependencies.store.collection("users")
    plan = await users.find({"external_id": external_id}).explain()
    assert "external_id_1" in str(plan["queryPlanner"]["winningPlan"])
