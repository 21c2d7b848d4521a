"""Indexes serve the queries that they are there for, also in a database of an earlier version."""

from typing import Any

import pytest
from pymongo import IndexModel

from models.store.client import BsonDict, Store
from models.store.indexes import INDEXES, ensure_indexes
from tests.support.stores import on_mongodb

LOOK_UPS: list[tuple[str, BsonDict]] = [
    ("sessions", {"tenant_id": "t-1"}),
    ("sessions", {"hashes": "h"}),
    ("sessions", {"user_id": 1, "realm": "standard", "tenant_id": "t-1", "single": True}),
    ("users", {"logins": "ada", "status": 1}),
    ("users", {"logins": {"$in": ["ada", "bob"]}, "_id": {"$ne": 1}}),
    ("users", {"accounts.integration": "lark", "accounts.account": "ou_1"}),
    ("users", {"uuid": "u-1", "status": 1}),
    ("roles", {"app_id": 1, "code": "A", "status": 1}),
    ("roles", {"app_id": 1, "code": "A"}),
    ("roles", {"app_id": 1}),
    ("journal", {"pending": 1}),
]


@on_mongodb
@pytest.mark.parametrize(("collection", "where"), LOOK_UPS)
async def test_a_look_up_reads_an_index_and_not_the_collection(
    database: Store, collection: str, where: BsonDict
) -> None:
    plan = await database.database.command("explain", {"find": collection, "filter": where}, verbosity="queryPlanner")
    assert "IXSCAN" in stages(plan["queryPlanner"]["winningPlan"])


@on_mongodb
async def test_the_sessions_of_a_tenant_are_deleted_by_an_index(database: Store) -> None:
    delete = {"delete": "sessions", "deletes": [{"q": {"tenant_id": "t-1"}, "limit": 0}]}
    plan = await database.database.command("explain", delete, verbosity="queryPlanner")
    assert "IXSCAN" in stages(plan["queryPlanner"]["winningPlan"])


@pytest.mark.parametrize(("collection", "shard_key"), [("journal", "_id"), ("sessions", "user_id")])
def test_unique_indexes_of_what_can_be_sharded_begin_with_the_shard_key(collection: str, shard_key: str) -> None:
    unique = [index.document["key"] for index in INDEXES[collection] if index.document.get("unique")]
    assert {next(iter(keys)) for keys in unique} <= {shard_key}


async def test_indexes_of_an_earlier_version_are_replaced(database: Store) -> None:
    roles, sessions = database.collection("roles"), database.collection("sessions")
    await roles.create_indexes([IndexModel([("app_id", 1), ("code", 1)], unique=True)])
    where = {"tenant_id": {"$type": "string"}}
    await sessions.create_indexes([IndexModel([("tenant_id", 1)], partialFilterExpression=where)])
    await sessions.create_indexes([IndexModel([("hashes", 1)], unique=True)])
    await ensure_indexes(database)
    assert "app_id_1_code_1" not in await roles.index_information()
    assert {"tenant_id_1", "hashes_1"}.isdisjoint(await sessions.index_information())


def stages(plan: Any) -> set[str]:
    """The names of all stages of a plan, whatever they are nested in."""
    if isinstance(plan, list):
        return {name for each in plan for name in stages(each)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
    return own | {name for each in plan.values() for name in stages(each)}
