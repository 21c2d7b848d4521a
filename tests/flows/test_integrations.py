"""Integrations end to end: names, write-only secrets, and deletion that leaves no account behind."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from tests.support.client import Client
from tests.support.stack import ENCRYPTION_KEY, Stack

SECRET = "s3cret-of-the-integration"


def name(prefix: str = "integration") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


async def test_a_created_integration_is_found_by_id_and_name(client: Client) -> None:
    made = await client.done("integration.create", {"name": name()})
    assert made["secret_count"] == 0
    for key in ("id", "name"):
        assert await client.done("integration.get", {key: made[key]}) == made


async def test_names_are_compared_exactly(client: Client) -> None:
    taken = name()
    await client.done("integration.create", {"name": taken})
    problem = await client.refused("integration.create", {"name": taken})
    assert (problem["kind"], problem["code"]) == ("conflict", "integration.name_taken")
    assert (await client.done("integration.create", {"name": taken.upper()}))["name"] == taken.upper()
    assert (await client.refused("integration.get", {"name": taken.title()}))["code"] == "integration.not_found"


async def test_of_twenty_simultaneous_creates_exactly_one_wins(client: Client) -> None:
    body = {"name": name()}
    replies = await asyncio.gather(*(client.settle("integration.create", body) for _ in range(20)))
    assert [reply["status"] for reply in replies].count("done") == 1
    assert {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"} == {"integration.name_taken"}


async def test_each_change_publishes_its_event_without_secrets(client: Client) -> None:
    events = await client.events("integration.*")
    made = await client.done("integration.create", {"name": name()})
    changed = await client.done("integration.update", {"id": made["id"], "secrets": []})
    gone = await client.done("integration.delete", {"name": made["name"]})
    told = await events.about(f"integration/{made['id']}", 3)
    changes = ("created", "updated", "deleted")
    assert [event["type"] for event in told] == [f"userbus.integration.{change}.v1" for change in changes]
    assert [event["data"] for event in told] == [made, changed, gone]
    assert [event["sequence"] for event in told] == [1, 2, 3]


@pytest.mark.parametrize(
    ("request_name", "body"),
    [("get", {"name": "nowhere"}), ("update", {"name": "nowhere", "secrets": []}), ("delete", {"id": 4_000_000})],
)
async def test_an_unknown_integration_is_not_found(client: Client, request_name: str, body: dict[str, Any]) -> None:
    problem = await client.refused(f"integration.{request_name}", body)
    assert (problem["kind"], problem["code"]) == ("not_found", "integration.not_found")


async def test_a_repeated_delete_is_answered_from_the_journal(client: Client) -> None:
    made = await client.done("integration.create", {"name": name()})
    message_id = uuid4().hex
    first = await client.call("integration.delete", {"id": made["id"]}, message_id=message_id)
    assert first["status"] == "done"
    assert await client.call("integration.delete", {"id": made["id"]}, message_id=message_id) == first
    assert (await client.refused("integration.delete", {"id": made["id"]}))["code"] == "integration.not_found"


async def test_a_deleted_name_is_free_again(client: Client) -> None:
    made = await client.done("integration.create", {"name": name()})
    await client.done("integration.delete", {"id": made["id"]})
    assert (await client.done("integration.create", {"name": made["name"]}))["id"] != made["id"]


async def test_an_integration_with_accounts_cannot_be_deleted(client: Client) -> None:
    made = await client.done("integration.create", {"name": name()})
    accounts = [{"integration": made["name"], "account": "ou_1"}]
    user = await client.done("user.create", {"username": name("user"), "accounts": accounts})
    assert (await client.refused("integration.delete", {"id": made["id"]}))["code"] == "integration.in_use"
    await client.done("user.set_status", {"id": user["id"], "status": -1})
    assert (await client.refused("integration.delete", {"id": made["id"]}))["code"] == "integration.in_use"
    await client.done("user.delete", {"id": user["id"]})
    assert await client.done("integration.delete", {"id": made["id"]}) == made | {"revision": 2}


async def test_a_delete_that_races_with_binding_leaves_no_account_behind(client: Client) -> None:
    for _ in range(5):
        made = await client.done("integration.create", {"name": name()})
        users = [await client.done("user.create", {"username": name("user")}) for _ in range(8)]
        bindings = [_bind(client, user["id"], made["name"]) for user in users]
        delete = client.call("integration.delete", {"id": made["id"]})
        deleted, *bound = await asyncio.gather(delete, *bindings)
        if deleted["status"] == "done":
            assert {reply["problem"]["code"] for reply in bound} == {"integration.not_found"}
        else:
            assert deleted["problem"]["code"] == "integration.in_use"
            assert "done" in {reply["status"] for reply in bound}


async def _bind(client: Client, user_id: int, integration: str) -> dict[str, Any]:
    action = {"action": "create", "integration": integration, "account": uuid4().hex}
    return await client.call("account.apply", {"user_id": user_id, "actions": [action]})


async def test_a_search_finds_by_part_of_the_name_in_order(client: Client) -> None:
    common = uuid4().hex[:10]
    for number in (3, 1, 2):
        await client.done("integration.create", {"name": f"Find_{common}_{number}"})
    found = await client.done(
        "integration.search",
        {
            "filter": [{"field": "name", "op": "like", "value": f"find_{common}"}],
            "sort": [{"field": "name"}],
            "size": 2,
        },
    )
    assert [item["name"][-1] for item in found["items"]] == ["1", "2"]
    assert found["total"] == 3
    assert found["next"] is not None


async def test_the_first_integrations_are_found_by_name(client: Client) -> None:
    found = await client.done("integration.search", {"filter": [{"field": "name", "value": "LARK"}]})
    assert [item["name"] for item in found["items"]] == ["lark"]


async def test_secrets_are_stored_encrypted_and_told_to_nobody(client: Client, stack: Stack) -> None:
    events = await client.events("integration.*")
    message_id, body = uuid4().hex, {"name": name(), "secrets": [SECRET, "another"]}
    made = await client.done("integration.create", body, message_id=message_id)
    assert made["secret_count"] == 2
    store = stack.worker.dependencies.store
    row = await store.collection("integrations").find_one({"_id": made["id"]})
    assert [Fernet(ENCRYPTION_KEY).decrypt(text).decode() for text in row["secrets"]] == body["secrets"]
    entry = await store.collection("journal").find_one({"_id": message_id})
    told = await events.about(f"integration/{made['id']}", 1)
    assert SECRET not in f"{made}{row}{entry}{told}"


async def test_an_update_replaces_the_secrets_and_keeps_the_name(client: Client) -> None:
    made = await client.done("integration.create", {"name": name(), "secrets": [SECRET]})
    changed = await client.done("integration.update", {"name": made["name"], "secrets": ["a", "b", "c"]})
    assert (changed["id"], changed["name"], changed["secret_count"]) == (made["id"], made["name"], 3)
    assert (await client.done("integration.update", {"id": made["id"], "secrets": []}))["secret_count"] == 0


@pytest.mark.parametrize("secrets", [["a", "b", "c", "d", "e"], ["x" * 256], [""], ["a\nb"], [1]])
async def test_secrets_that_do_not_fit_are_refused(client: Client, secrets: list[Any]) -> None:
    problem = await client.refused("integration.create", {"name": name(), "secrets": secrets})
    assert (problem["kind"], problem["code"]) == ("invalid", "message.invalid")
    assert problem["details"][0]["field"].startswith("secrets")
