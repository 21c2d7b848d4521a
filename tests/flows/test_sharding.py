"""What a router would refuse, if the journal or the sessions were sharded, is not done: docs/decisions/0019."""

from typing import Any

import pytest

from tests.support.catalogue_walk import lived
from tests.support.client import Client
from tests.support.profiler import profiled
from tests.support.stack import Stack

COLLECTIONS = ("journal", "sessions")
Changes = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
async def changes(client: Client, stack: Stack) -> Changes:
    """What MongoDB's profiler saw changed, by collection, while each request of the catalogue was made."""
    database = stack.worker.dependencies.store.database
    names = {f"{database.name}.{name}": name for name in COLLECTIONS}
    written = {"ns": {"$in": [*names]}, "op": {"$in": ["update", "remove"]}}
    async with profiled(database, written) as rows:
        await lived(client, stack)
    found: Changes = {name: [] for name in COLLECTIONS}
    for row in rows:
        found[names[row["ns"]]].append(row["command"])
    return found


def of_one_document(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [change for change in changes if not change.get("multi") and change.get("limit") != 0]


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_what_changes_one_document_names_it(changes: Changes, collection: str) -> None:
    assert changes[collection]
    assert [change for change in of_one_document(changes[collection]) if "_id" not in change["q"]] == []


async def test_what_may_insert_a_session_names_its_user(changes: Changes) -> None:
    upserts = [change["q"] for change in changes["sessions"] if change.get("upsert")]
    assert upserts
    assert [where for where in upserts if "user_id" not in where] == []


async def test_nothing_gives_a_session_to_another_user(changes: Changes) -> None:
    updates = [change for change in of_one_document(changes["sessions"]) if "u" in change]
    replaced = [change for change in updates if "user_id" in change["u"] and "user_id" in change["q"]]
    assert replaced
    assert [
        change for change in replaced if change["q"]["user_id"] not in (_given(change), {"$eq": _given(change)})
    ] == []
    assert [change for change in updates if "user_id" in change["u"].get("$set", {})] == []


def _given(change: dict[str, Any]) -> Any:
    return change["u"]["user_id"]
