"""The lists of apps, groups, roles and resources read an index in every order that a dialect can name by one field."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.dialects.passport.roles import SORT
from bridge.dialects.rbac.filters import Columns
from bridge.dialects.rbac.views import APP, GROUP, RESOURCE
from models.apps import App, AppRepository
from models.coded import CodedDocument, CodedRepository
from models.groups import Group, GroupRepository
from models.resource_types import ResourceType, ResourceTypeRepository
from models.resources import Resource, ResourceRepository
from models.roles import Role, RoleRepository
from models.store.client import BsonDict, Store
from models.store.scope import TransactionScope, provide
from models.store.search import SearchSpec, Where
from tests.support.stores import on_one_driver

SIZE, ALL = 5, 90
Noun = tuple[type[CodedRepository[Any]], Columns, Callable[[int], CodedDocument]]
NOUNS: dict[str, Noun] = {
    "app": (AppRepository, APP, lambda n: App(id=n, code=f"A{n}", name=f"App {n // 3}")),
    "group": (GroupRepository, GROUP, lambda n: Group(id=n, app_id=n // 3, code=f"G{n}", name=f"Group {n // 3}")),
    "role": (RoleRepository, GROUP, lambda n: Role(id=n, app_id=n // 3, code=f"R{n}", name=f"Role {n // 3}")),
    "resource": (
        ResourceRepository,
        RESOURCE,
        lambda n: Resource(id=n, app_id=n // 3, code=f"/{n}", resource_type_id=n // 3, detail=f"Page {n // 3}"),
    ),
    "resource_type": (
        ResourceTypeRepository,
        APP,
        lambda n: ResourceType(id=n, code=f"T{n}", name=f"Type {n // 3}"),
    ),
}


@pytest.fixture(params=NOUNS)
async def noun(request: pytest.FixtureRequest, database: Store) -> AsyncIterator[tuple[CodedRepository[Any], Columns]]:
    """A noun's repository with 90 rows, whose queries the database records, and the columns that rbac shows."""
    repository, columns, make = NOUNS[request.param]
    rows = database.collection(repository.collection)
    await rows.delete_many({})
    await rows.insert_many([make(number).to_row() for number in range(1, ALL + 1)])
    await database.database.command("profile", 2)
    yield repository(database, TransactionScope(database, provide(None))), columns
    await database.database.command("profile", 0)
    await database.database.drop_collection("system.profile")
    await rows.delete_many({})


async def finds(rows: CodedRepository[Any]) -> list[BsonDict]:
    """The recorded finds, each of which has read an index."""
    where = {"ns": f"{rows.store.database.name}.{rows.collection}", "command.find": rows.collection}
    recorded: list[BsonDict] = await rows.store.database["system.profile"].find(where).to_list(None)
    assert recorded
    assert [each["command"] for each in recorded if not each["planSummary"].startswith("IXSCAN")] == []
    return recorded


@on_one_driver
async def test_each_order_reads_no_more_than_its_pages(noun: tuple[CodedRepository[Any], Columns]) -> None:
    rows, columns = noun
    orders = [[(column.bus_name, direction)] for column in columns.values() for direction in (1, -1)]
    if rows.collection == "roles":
        orders.append([(key["field"], -1 if key.get("direction") == "desc" else 1) for key in SORT])
    for order in orders:
        spec = SearchSpec(rows.fields, rows.live_filter, sort=order, size=SIZE, shape=rows.projection)
        first, last = await rows.search(spec), await rows.search(replace(spec, page=ALL // SIZE))
        assert (len(first.items), len(last.items), last.next) == (SIZE, SIZE, None)
    for each in await finds(rows):
        assert not each.get("hasSortStage"), each["command"]
        assert each["keysExamined"] <= 2 * SIZE, each["command"]


@on_one_driver
async def test_each_equality_filter_reads_the_rows_that_meet_it(noun: tuple[CodedRepository[Any], Columns]) -> None:
    rows, columns = noun
    example = (await rows.search(SearchSpec(rows.fields, rows.live_filter, size=1))).items[0]
    for column in columns.values():
        value = getattr(example, column.bus_name)
        where = [Where(column.bus_name, "eq", value if isinstance(value, (int, str)) else value.isoformat())]
        found = await rows.search(SearchSpec(rows.fields, rows.live_filter, where=where, size=SIZE))
        assert found.total
        assert example.id in [row.id for row in found.items]
    assert [each["command"] for each in await finds(rows) if each["keysExamined"] > 2 * SIZE] == []
