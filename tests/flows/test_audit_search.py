"""The audit trail over the bus: who did what, when, to whom, with which outcome."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.audit import AuditConditions
from models.store.document import now
from tests.support.client import Client
from tests.support.stack import Stack

Entry = dict[str, Any]


async def search(client: Client, **conditions: Any) -> list[Entry]:
    """All entries, from pages of two."""
    found: list[Entry] = []
    after = None
    while True:
        page = await client.done("audit.search", {**conditions, "size": 2, "after": after})
        found += page["items"]
        if (after := page["next"]) is None:
            return found


async def change_user(client: Client, actor: str) -> tuple[int, list[str]]:
    """A user that an actor makes, changes twice and fails to change once: its id, and the ids of the messages."""
    keys, name = [uuid4().hex for _ in range(4)], uuid4().hex
    about = {"app_id": "billing", "headers": {"x-actor": actor, "x-client-address": "203.0.113.7"}}
    user = await client.done("user.create", {"username": name}, message_id=keys[0], **about)
    for key, company in ((keys[1], "one"), (keys[2], "two")):
        await client.done("user.update", {"id": user["id"], "company": company}, message_id=key, **about)
    await client.refused("user.create", {"username": name}, message_id=keys[3], **about)
    return user["id"], keys


async def test_entries_are_found_by_subject_actor_and_name_the_newest_first(client: Client) -> None:
    actor, began = f"user:{uuid4().hex}", now()
    id, keys = await change_user(client, actor)
    about = await search(client, subject=f"user/{id}")
    assert [entry["message_id"] for entry in about] == [keys[2], keys[1], keys[0]]
    by_actor = await search(client, actor=actor)
    assert [entry["message_id"] for entry in by_actor] == keys[::-1]
    assert [entry["outcome"] for entry in by_actor] == ["user.username_taken", "done", "done", "done"]
    assert [entry["subjects"] for entry in by_actor] == [[], *[[f"user/{id}"]] * 3]
    whom = {(entry["app_id"], entry["actor"], entry["client_address"]) for entry in by_actor}
    assert whom == {("billing", actor, "203.0.113.7")}
    updates = await search(client, name="user.update", since=began.isoformat(), actor=actor)
    assert [entry["message_id"] for entry in updates] == [keys[2], keys[1]]


async def test_entries_are_found_by_message_id_and_time(client: Client) -> None:
    _, keys = await change_user(client, f"user:{uuid4().hex}")
    (entry,) = await search(client, message_id=keys[1])
    assert (entry["name"], entry["outcome"]) == ("user.update", "done")
    at, later = entry["at"], (now() + timedelta(days=1)).isoformat()
    assert keys[1] in [found["message_id"] for found in await search(client, since=at, until=later)]
    assert await search(client, message_id=keys[1], until=at) == []
    assert await search(client, since=later) == []
    assert await search(client, subject="user/9007199254740991") == []


async def test_a_command_about_many_is_one_entry_that_each_of_them_finds(client: Client) -> None:
    key, rows = uuid4().hex, [{"username": uuid4().hex} for _ in range(150)]
    await client.done("user.import", {"users": rows}, message_id=key)
    for row in (rows[0], rows[-1]):
        user = await client.done("user.get", {"username": row["username"]})
        (entry,) = await search(client, subject=f"user/{user['id']}")
        assert (entry["message_id"], entry["name"], len(entry["subjects"])) == (key, "user.import", 100)


async def test_wrong_conditions_are_refused(client: Client) -> None:
    assert (await client.refused("audit.search", {"after": "nonsense"}))["code"] == "search.cursor_invalid"
    assert (await client.refused("audit.search", {"since": "yesterday"}))["code"] == "message.invalid"


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({"subject": "user/1"}, "subjects"),
        ({"actor": "user:1"}, "actor"),
        ({"name": "user.update"}, "name"),
        ({"since": now()}, "at"),
        ({}, "at"),
    ],
    ids=["subject", "actor", "name", "since", "any"],
)
async def test_each_condition_is_found_by_an_index_in_order(stack: Stack, given: Any, first: str) -> None:
    rows = stack.worker.dependencies.store.collection("journal")
    order = [("at", -1), ("_id", 1)]
    plan = await rows.find(AuditConditions(**given).to_filter()).sort(order).limit(3).explain()
    stages = str(plan["queryPlanner"]["winningPlan"])
    assert "'SORT'" not in stages
    assert f"'keyPattern': {{'{first}': " in stages


async def test_what_was_done_to_a_tenant_or_to_the_sessions_of_a_user_is_found_by_them(client: Client) -> None:
    tenant = f"t{uuid4().hex}"
    await client.done("tenant.create", {"id": tenant, "title": "T"})
    await client.done("tenant.update", {"id": tenant, "new_key": True})
    await client.done("tenant.delete", {"id": tenant})
    user = await client.done("user.create", {"username": f"u{uuid4().hex}"})
    await client.done("session.revoke", {"user_id": user["id"]})
    for subject, names in (
        (f"tenant/{tenant}", ["tenant.delete", "tenant.update", "tenant.create"]),
        (f"user/{user['id']}", ["session.revoke", "user.create"]),
    ):
        found = (await client.done("audit.search", {"subject": subject}))["items"]
        assert [entry["name"] for entry in found] == names
