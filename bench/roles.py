"""Effective roles and resources of a user with 100 of 10,000 roles, and checks of them, on a real database.

Run: python -m bench.roles
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devstack.servers import servers
from models.apps import App
from models.effective_roles import RESOURCES_OF_USER, ROLES_OF_USER, RelatedQuery, find_related, related_pipeline
from models.groups import Group
from models.permissions import find_granting_roles
from models.resources import Resource, ResourceRepository
from models.roles import Role, RoleRepository
from models.seeds import prepare
from models.store.client import Store
from models.store.scope import TransactionScope, provide
from models.store.search import SearchSpec
from models.users import User

ROLES, EACH = 10_000, 10  # roles, and resources of each
APP, USER, RUNS = 1000, 1, 500


async def fill(store: Store) -> None:
    """Insert the roles, as many resources, and a user with 50 roles and two groups of 25 roles."""
    await store.collection("apps").insert_one(App(id=APP, code="BIG", name="Big").to_row())
    resources = [Resource(id=n, app_id=APP, code=f"/{n}", resource_type_id=1) for n in range(1, ROLES + 1)]
    roles = [
        Role(id=n, app_id=APP, code=f"R{n}", name=f"R{n}", resource_ids=[(n * 7 + k) % ROLES + 1 for k in range(EACH)])
        for n in range(2, ROLES + 2)
    ]
    step = ROLES // 100
    chosen = [role.id for role in roles[::step]][:100]
    groups = [
        Group(id=n, app_id=APP, code=f"G{n}", name="G", role_ids=chosen[50 + 25 * n : 75 + 25 * n]) for n in range(2)
    ]
    user = User(id=USER, username="many", role_ids=chosen[:50], group_ids=[0, 1])
    for name, rows in (("resources", resources), ("roles", roles), ("groups", groups), ("users", [user])):
        await store.collection(name).insert_many([row.to_row() for row in rows])


async def measure_call(label: str, call: Callable[[], Awaitable[Any]]) -> None:
    """Make calls one after the other and print their quantiles."""
    spent = []
    for _ in range(RUNS):
        start = time.perf_counter()
        await call()
        spent.append((time.perf_counter() - start) * 1000)
    marks = statistics.quantiles(spent, n=100)
    print(f"{label:<58} p50 {marks[49]:6.2f} ms   p99 {marks[98]:6.2f} ms")


async def measure(store: Store) -> None:
    """Measure the handlers' queries, then one that returns only a number, to tell the database's share."""
    scope = TransactionScope(store, provide(None))
    resources, roles = ResourceRepository(store, scope), RoleRepository(store, scope)
    every = RelatedQuery({"_id": USER}, SearchSpec(fields=ResourceRepository.fields, base={}))
    in_app = RelatedQuery({"_id": USER}, SearchSpec(fields=ResourceRepository.fields, base={}), app="BIG")
    page = RelatedQuery({"_id": USER}, SearchSpec(fields=ResourceRepository.fields, base={}), paged=True)
    granted = await find_related(resources, RESOURCES_OF_USER, every)
    codes = [resource.code for resource in granted.items[:10]]
    live = RelatedQuery({"_id": USER}, SearchSpec(fields=RoleRepository.fields, base=RoleRepository.live_filter))
    print(f"{ROLES} roles of {EACH} resources; the user has 100 roles, {granted.total} resources")
    await measure_call("resource.of_user, all", lambda: find_related(resources, RESOURCES_OF_USER, every))
    await measure_call("resource.of_user, all of an app", lambda: find_related(resources, RESOURCES_OF_USER, in_app))
    await measure_call("resource.of_user, page of 20", lambda: find_related(resources, RESOURCES_OF_USER, page))
    await measure_call("role.of_user", lambda: find_related(roles, ROLES_OF_USER, live))
    await measure_call("role.check, 1 resource", lambda: find_granting_roles(store, USER, "BIG", codes[:1]))
    await measure_call("role.check, 10 resources", lambda: find_granting_roles(store, USER, "BIG", codes))
    counted = [*related_pipeline(resources, RESOURCES_OF_USER, every), {"$project": {"rows": {"$size": "$page"}}}]
    await measure_call(
        "resource.of_user, all, in the database (its size only)", lambda: store.aggregate("users", counted)
    )


async def main() -> None:
    """Fill a database of its own and measure."""
    with TemporaryDirectory() as home, servers(Path(home)) as up:
        store = Store(up.mongo_url)
        await prepare(store)
        await fill(store)
        await measure(store)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
