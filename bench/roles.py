"""Effective resources, roles and checks of a user with 100 roles among 10,000 roles, on a real database.

Run: python -m bench.roles [roles] [resources a role]
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devstack.servers import servers
from models.access import granting
from models.apps import App
from models.groups import Group
from models.indexes import prepare
from models.paths import RESOURCES_OF_USER, ROLES_OF_USER, Asked, pipeline, reached
from models.resources import Resource, Resources
from models.roles import Role, Roles
from models.search import Search
from models.store import Store
from models.users import User

ROLES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
EACH = int(sys.argv[2]) if len(sys.argv) > 2 else 10
APP, USER, RUNS = 1000, 1, 500


async def fill(store: Store) -> None:
    """10,000 roles of 10 resources each, out of as many resources; a user with 50 roles and two groups of 25."""
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


async def timed(label: str, call: Callable[[], Awaitable[Any]]) -> None:
    """Print the quantiles of a call, one after the other."""
    spent = []
    for _ in range(RUNS):
        start = time.perf_counter()
        await call()
        spent.append((time.perf_counter() - start) * 1000)
    marks = statistics.quantiles(spent, n=100)
    print(f"{label:<58} p50 {marks[49]:6.2f} ms   p99 {marks[98]:6.2f} ms")


async def measure(store: Store) -> None:
    """The queries as the handlers send them, then one that brings home a number only: what the database takes."""

    async def none() -> None:
        return None

    resources, roles = Resources(store, none), Roles(store, none)
    every = Asked({"_id": USER}, Search(fields=Resources.fields, base={}))
    in_app = Asked({"_id": USER}, Search(fields=Resources.fields, base={}), app="BIG")
    page = Asked({"_id": USER}, Search(fields=Resources.fields, base={}), cut=True)
    granted = await reached(resources, RESOURCES_OF_USER, every)
    codes = [resource.code for resource in granted.items[:10]]
    live = Asked({"_id": USER}, Search(fields=Roles.fields, base=Roles.live))
    print(f"{ROLES} roles of {EACH} resources; the user has 100 roles, {granted.total} resources")
    await timed("resource.of_user, all", lambda: reached(resources, RESOURCES_OF_USER, every))
    await timed("resource.of_user, all of an app", lambda: reached(resources, RESOURCES_OF_USER, in_app))
    await timed("resource.of_user, page of 20", lambda: reached(resources, RESOURCES_OF_USER, page))
    await timed("role.of_user", lambda: reached(roles, ROLES_OF_USER, live))
    await timed("role.check, 1 resource", lambda: granting(store, USER, "BIG", codes[:1]))
    await timed("role.check, 10 resources", lambda: granting(store, USER, "BIG", codes))
    counted = [*pipeline(resources, RESOURCES_OF_USER, every), {"$project": {"rows": {"$size": "$page"}}}]
    await timed("resource.of_user, all, in the database (its size only)", lambda: store.aggregate("users", counted))


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
