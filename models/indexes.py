"""Every index, and the rows that an empty store begins with; running it twice changes nothing."""

from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, PyMongoError

from models.apps import App
from models.document import Document, now
from models.gates import gates
from models.integrations import Integration
from models.integrations import gates as integration_gates
from models.resource_types import ResourceType
from models.roles import Role
from models.store import Row, Store

INTEGRATIONS = ("lark", "knock", "slack", "dingtalk", "youtrack")


def _unique(*keys: str, where: Row | None = None) -> IndexModel:
    options: Row = {"partialFilterExpression": where} if where else {}
    return IndexModel([(key, ASCENDING) for key in keys], unique=True, **options)


def _plain(*keys: str, where: Row | None = None) -> IndexModel:
    options: Row = {"partialFilterExpression": where} if where else {}
    return IndexModel([(key, ASCENDING) for key in keys], **options)


INDEXES: dict[str, list[IndexModel]] = {
    "users": [
        _unique("logins", where={"logins": {"$exists": True}}),
        _unique("accounts.integration", "accounts.account", where={"accounts.account": {"$exists": True}}),
        _unique("uuid", where={"uuid": {"$exists": True}}),
        _plain("status", "_id"),
        _plain("folded.display_name", "_id"),
        _plain("folded.display_email", "_id"),
        _plain("folded.email", "_id"),
        _plain("role_ids", "_id"),
        _plain("group_ids", "_id"),
    ],
    "integrations": [_unique("name")],
    "tokens": [_unique("hash"), IndexModel("expires_at", expireAfterSeconds=86400)],
    "sessions": [
        _unique("hashes"),
        _unique("user_id", "realm", "tenant_id", where={"single": True}),
        _plain("user_id"),
        _plain("tenant_id", where={"tenant_id": {"$type": "string"}}),
        IndexModel("expires_at", expireAfterSeconds=0),
    ],
    "lockouts": [IndexModel("expires_at", expireAfterSeconds=0)],
    "tenants": [_unique("name")],
    "codes": [_unique("number")],
    "addresses": [IndexModel("expires_at", expireAfterSeconds=0)],
    "journal": [
        IndexModel("expires_at", expireAfterSeconds=0),
        _plain("pending", "order", where={"pending": 1}),
        _plain("subjects", "at"),
        _plain("at", where={"reply": {"$exists": True}}),
    ],
    "counters": [],
    "gates": [],
    "seeds": [],
    "leases": [],
    "apps": [_unique("code")],
    "groups": [_unique("app_id", "code"), _plain("role_ids")],
    "roles": [_unique("app_id", "code"), _plain("resource_ids"), _plain("folded.name")],
    "resources": [_unique("app_id", "code"), _plain("resource_type_id")],
    "resource_types": [_unique("code")],
    "sweeps": [_plain("due"), _plain("noun", "ids")],
    "locks": [IndexModel("at", expireAfterSeconds=3600)],
}


async def prepare(store: Store) -> None:
    """Make collections, indexes and the first rows. Collections come first: a transaction must not create them."""
    for name, indexes in INDEXES.items():
        if indexes:
            await store.collection(name).create_indexes(indexes)
        else:
            await store.ensure(name)
    await _seed_once(store)


async def _seed_once(store: Store) -> None:
    try:
        async with store.session() as session:
            await _seed(store, session)
            await session.commit_transaction()
    except DuplicateKeyError:
        return  # made before, by this or another process; rows deleted since stay deleted
    except PyMongoError as error:
        if not error.has_error_label("TransientTransactionError"):
            raise
        await _seed_once(store)  # another process is at it: it commits, then ours finds the mark


async def _seed(store: Store, session: Any) -> None:
    await store.collection("seeds").insert_one({"_id": "integrations", "at": now()}, session=session)
    for row in _first():
        name = f"{row.noun}s"
        await store.collection(name).insert_one(row.to_row(), session=session)
        last = {"$max": {"last": row.id}}
        await store.collection("counters").update_one({"_id": name}, last, upsert=True, session=session)
        if isinstance(row, (App, ResourceType)):
            await store.collection("gates").insert_many(gates(row.subject), session=session)
        if isinstance(row, Integration):
            await store.collection("gates").insert_many(integration_gates(row.id), session=session)


def _first() -> list[Document]:
    return [
        *(Integration(id=number, name=name) for number, name in enumerate(INTEGRATIONS, 1)),
        App(id=1, code="APPSTORE", name="App Store"),
        Role(id=1, app_id=1, code="GUEST", name="Guest"),
        ResourceType(id=1, code="URI", name="HTTP URI"),
        ResourceType(id=2, code="BUTTON", name="PAGE BUTTON"),
    ]
