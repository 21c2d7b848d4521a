"""Accounts end to end: ordered actions, all or nothing, their events, and races for one account."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client


def name(prefix: str = "user") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


def create(integration: str, account: str | None = None) -> dict[str, Any]:
    return {"action": "create", "integration": integration, "account": account or uuid4().hex}


def update(integration: str, account: str | None = None) -> dict[str, Any]:
    return create(integration, account) | {"action": "update"}


def delete(integration: str) -> dict[str, Any]:
    return {"action": "delete", "integration": integration}


async def user_with(client: Client, **accounts: str) -> dict[str, Any]:
    given = [{"integration": integration, "account": account} for integration, account in accounts.items()]
    user: dict[str, Any] = await client.done("user.create", {"username": name(), "accounts": given})
    return user


async def applied(client: Client, user: dict[str, Any], *actions: dict[str, Any]) -> dict[str, str]:
    changed = await client.done("account.apply", {"user_id": user["id"], "actions": [*actions]})
    return {account["integration"]: account["account"] for account in changed["accounts"]}


async def refused(client: Client, user: dict[str, Any], *actions: dict[str, Any]) -> str:
    problem = await client.refused("account.apply", {"user_id": user["id"], "actions": [*actions]})
    code: str = problem["code"]
    return code


@pytest.mark.parametrize("accounts", [{}, {"lark": "ou_"}], ids=["alone", "with an account"])
async def test_a_creation_is_answered_with_the_user_as_stored(client: Client, accounts: dict[str, str]) -> None:
    user = await user_with(client, **{integration: prefix + uuid4().hex for integration, prefix in accounts.items()})
    assert user == await client.done("user.get", {"id": user["id"]})
    assert user["revision"] == 1 + len(accounts)  # an event each


async def test_actions_are_applied_in_order(client: Client) -> None:
    old, new, other = uuid4().hex, uuid4().hex, uuid4().hex
    user = await user_with(client, slack=old, dingtalk=old)
    actions = [delete("slack"), update("dingtalk", new), create("youtrack", other), create("slack", new)]
    assert await applied(client, user, *actions) == {"dingtalk": new, "youtrack": other, "slack": new}


async def test_each_action_starts_from_the_result_of_the_one_before(client: Client) -> None:
    first, second = uuid4().hex, uuid4().hex
    user = await user_with(client, lark=first)
    assert await applied(client, user, delete("lark"), create("lark", first), update("lark", second)) == {
        "lark": second
    }
    assert await refused(client, user, delete("lark"), update("lark")) == "account.not_found"


async def test_an_update_keeps_the_number_of_the_account(client: Client) -> None:
    user = await user_with(client, lark=uuid4().hex)
    body = {"login": user["username"].upper(), "actions": [update("lark", "ou_new" + uuid4().hex)]}
    changed = await client.done("account.apply", body)
    assert changed["accounts"][0]["account_id"] == user["accounts"][0]["account_id"]


async def test_one_failing_action_leaves_everything_unchanged(client: Client) -> None:
    user = await user_with(client, lark=uuid4().hex)
    assert await refused(client, user, delete("lark"), create("slack"), delete("knock")) == "account.not_found"
    assert await client.done("user.get", {"id": user["id"]}) == user


async def test_an_empty_list_changes_nothing(client: Client) -> None:
    user = await user_with(client, lark=uuid4().hex)
    assert await client.done("account.apply", {"username": user["username"], "actions": []}) == user
    assert await client.done("user.get", {"id": user["id"]}) == user


async def test_an_update_to_the_same_account_changes_nothing(client: Client) -> None:
    account = uuid4().hex
    user = await user_with(client, lark=account)
    assert await applied(client, user, update("lark", account)) == {"lark": account}
    assert await client.done("user.get", {"id": user["id"]}) == user


async def test_an_account_of_another_user_is_taken(client: Client) -> None:
    account = uuid4().hex
    owner = await user_with(client, lark=account)
    user = await user_with(client, lark=uuid4().hex)
    assert await refused(client, user, update("lark", account)) == "account.taken"
    assert await refused(client, user, delete("lark"), create("lark", account)) == "account.taken"
    assert await refused(client, user, delete("lark"), create("lark", account), delete("lark")) == "account.taken"
    assert (await applied(client, user, create("slack", account)))["slack"] == account
    await client.done("user.set_status", {"id": owner["id"], "status": -1})
    assert await refused(client, user, update("lark", account)) == "account.taken"
    await client.done("user.delete", {"id": owner["id"]})
    assert (await applied(client, user, update("lark", account)))["lark"] == account


async def test_accounts_are_compared_exactly(client: Client) -> None:
    account = uuid4().hex
    await user_with(client, lark=account)
    user = await user_with(client)
    assert await applied(client, user, create("lark", account.upper())) == {"lark": account.upper()}


async def test_a_user_has_one_account_of_an_integration(client: Client) -> None:
    user = await user_with(client, lark=uuid4().hex)
    assert await refused(client, user, create("lark")) == "account.taken"
    assert await refused(client, user, create("slack"), create("slack")) == "account.taken"


async def test_the_user_is_checked_first_and_integrations_before_actions(client: Client) -> None:
    nowhere = create("nowhere")
    problem = await client.refused("account.apply", {"login": name(), "actions": [nowhere]})
    assert (problem["kind"], problem["code"]) == ("not_found", "user.not_found")
    user = await user_with(client)
    assert await refused(client, user, delete("lark"), nowhere) == "integration.not_found"
    assert await refused(client, user, create("Lark")) == "integration.not_found"


async def test_a_soft_deleted_user_is_not_found(client: Client) -> None:
    user = await user_with(client)
    await client.done("user.set_status", {"id": user["id"], "status": -1})
    assert await refused(client, user, create("lark")) == "user.not_found"


@pytest.mark.parametrize(
    "body",
    [
        {"actions": []},
        {"user_id": 1, "login": "a", "actions": []},
        {"user_id": 1, "actions": [{"action": "create", "integration": "lark"}]},
        {"user_id": 1, "actions": [{"action": "move", "integration": "lark", "account": "a"}]},
        {"user_id": 1, "actions": [{"action": "delete", "integration": "lark"}] * 101},
    ],
)
async def test_a_request_that_does_not_fit_is_invalid(client: Client, body: dict[str, Any]) -> None:
    problem = await client.refused("account.apply", body)
    assert (problem["kind"], problem["code"]) == ("invalid", "message.invalid")


async def test_each_action_publishes_its_event_with_the_user_as_it_was_then(client: Client) -> None:
    first, second = uuid4().hex, uuid4().hex
    user = await user_with(client)
    events = await client.events("account.*")
    actions = [create("lark", first), update("lark", second), delete("lark")]
    changed = await client.done("account.apply", {"user_id": user["id"], "actions": actions})
    told = await events.about(f"user/{user['id']}", 3)
    assert [event["type"] for event in told] == [
        f"userbus.account.{past}.v1" for past in ("bound", "rebound", "unbound")
    ]
    assert [event["sequence"] for event in told] == [2, 3, 4]
    assert [event["data"]["account"]["account"] for event in told] == [first, second, second]
    assert [[held["account"] for held in event["data"]["accounts"]] for event in told] == [[first], [second], []]
    assert told[-1]["data"] == changed | {"account": told[0]["data"]["account"] | {"account": second}}


async def test_creating_a_user_with_accounts_tells_of_each(client: Client) -> None:
    events = await client.events("user.*", "account.*")
    user = await user_with(client, lark=uuid4().hex, slack=uuid4().hex)
    told = await events.about(f"user/{user['id']}", 3)
    assert [event["type"] for event in told] == ["userbus.user.created.v1", *["userbus.account.bound.v1"] * 2]
    assert [event["data"].get("account") for event in told] == [None, *user["accounts"]]
    assert [event["sequence"] for event in told] == [1, 2, 3]
    assert user["revision"] == 3


async def test_a_repeat_is_answered_from_the_journal(client: Client) -> None:
    user = await user_with(client)
    message_id, body = uuid4().hex, {"user_id": user["id"], "actions": [create("lark")]}
    first = await client.call("account.apply", body, message_id=message_id)
    assert first["status"] == "done"
    assert await client.call("account.apply", body, message_id=message_id) == first
    assert len((await client.done("account.list", {"user_id": user["id"]}))["items"]) == 1


async def test_of_fifty_users_who_want_one_account_exactly_one_gets_it(client: Client) -> None:
    account = uuid4().hex
    users = [await user_with(client) for _ in range(50)]
    bodies = [{"user_id": user["id"], "actions": [create("lark", account)]} for user in users]
    replies = await asyncio.gather(*(client.settle("account.apply", body) for body in bodies))
    assert [reply["status"] for reply in replies].count("done") == 1
    assert {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"} == {"account.taken"}


async def test_simultaneous_changes_of_one_user_are_all_kept(client: Client) -> None:
    user = await user_with(client)
    integrations = ("lark", "knock", "slack", "dingtalk", "youtrack")
    bodies = [{"user_id": user["id"], "actions": [create(integration)]} for integration in integrations]
    replies = await asyncio.gather(*(client.settle("account.apply", each) for each in bodies))
    assert {reply["status"] for reply in replies} == {"done"}
    listed = await client.done("account.list", {"user_id": user["id"]})
    assert {account["integration"] for account in listed["items"]} == {*integrations}


async def test_the_accounts_of_a_user_are_listed_by_number(client: Client) -> None:
    user = await user_with(client, slack=uuid4().hex, lark=uuid4().hex)
    listed = await client.done("account.list", {"login": user["username"]})
    assert listed == {"user_id": user["id"], "items": user["accounts"]}
    problem = await client.refused("account.list", {"user_id": 2_000_000_000})
    assert (problem["kind"], problem["code"]) == ("not_found", "user.not_found")
