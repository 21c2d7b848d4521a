"""The rows that an empty store begins with."""

from collections.abc import Iterator
from typing import Any

from pymongo.errors import DuplicateKeyError, PyMongoError

from models.apps import App, AppRepository
from models.errors.base import Refusal, TryAgain
from models.integrations import Integration, IntegrationRepository
from models.resource_types import ResourceType, ResourceTypeRepository
from models.roles import Role, RoleRepository
from models.store.client import Store
from models.store.document import Document, now
from models.store.indexes import ensure_indexes
from models.store.repository import Repository
from models.store.scope import TransactionScope, provide
from models.store.totals import ensure_totals

INTEGRATIONS = ("lark", "knock", "slack", "dingtalk", "youtrack")


async def prepare(store: Store) -> None:
    """Create collections and indexes and, in an empty store, the first rows. Running it twice changes nothing."""
    await ensure_indexes(store)
    await ensure_totals(store)
    await _seed_once(store)


async def _seed_once(store: Store) -> None:
    try:
        async with store.transaction() as session:
            await _seed(store, session)
            await session.commit_transaction()
    except (DuplicateKeyError, Refusal, TryAgain):
        return  # seeded before, by this or another process; rows deleted since stay deleted
    except PyMongoError as error:
        if not error.has_error_label("TransientTransactionError"):
            raise
        await _seed_once(store)  # another process is seeding: once it has committed, this one finds its mark


async def _seed(store: Store, session: Any) -> None:
    await store.collection("seeds").insert_one({"_id": "integrations", "at": now()}, session=session)
    counters = store.collection("counters")
    for repository, row in _first_rows(store, session):
        await repository.add(row)
        key = {"_id": repository.collection}
        await counters.update_one(key, {"$max": {"last": row.id}}, upsert=True, session=session)


def _first_rows(store: Store, session: Any) -> Iterator[tuple[Repository[Any], Document]]:
    scope = TransactionScope(store, provide(session))
    for number, name in enumerate(INTEGRATIONS, 1):
        yield IntegrationRepository(store, scope), Integration(id=number, name=name)
    yield AppRepository(store, scope), App(id=1, code="APPSTORE", name="App Store")
    yield RoleRepository(store, scope), Role(id=1, app_id=1, code="GUEST", name="Guest")
    yield ResourceTypeRepository(store, scope), ResourceType(id=1, code="URI", name="HTTP URI")
    yield ResourceTypeRepository(store, scope), ResourceType(id=2, code="BUTTON", name="PAGE BUTTON")
