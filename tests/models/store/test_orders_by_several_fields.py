"""Lists by several fields read an index in the order of the first one, and sort only rows that are alike in it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from itertools import permutations, product
from typing import Any

import pytest

from bridge.dialects.rbac.views import USER
from contracts.user_queries import SearchUsers
from handlers.searching import search_spec
from models.store.client import BsonDict, Store
from models.store.search import ResultPage, find_page
from models.store.tied_order import value_at
from models.user_fields import FIELDS
from models.users import User
from testing.store.memory import MemoryStore
from tests.support.stores import DRIVERS, MEMORY

pytestmark = pytest.mark.parametrize("prepared_store", [DRIVERS[0], MEMORY], indirect=True)  # as `on_one_driver` says

SIZE, ALL, ALIKE = 7, 120, 12
START = datetime(2026, 1, 1, tzinfo=UTC)
Order = list[dict[str, str]]
COLUMNS = [column.bus_name for column in USER.values()]
WAYS = ("asc", "desc")


def make_row(number: int) -> BsonDict:
    """The row of a user with the name, the address and the times of some others, not the same ones each time."""
    at = START + timedelta(hours=number * 7 % 20)
    user = User(id=number, username=f"user_{number}", created_at=at, updated_at=START + timedelta(days=number % 30))
    user.name, user.email = f"Name {number * 11 % 13}", f"{number * 5 % 24}@example.com"
    return user.to_row()


ROWS = [make_row(number) for number in range(1, ALL + 1)]


def orders() -> dict[str, list[Order]]:
    """The orders by two columns of rbac in every direction and by all of them, by the first column."""
    found: dict[str, list[Order]] = {}
    for columns in [*permutations(COLUMNS, 2), *(COLUMNS[n:] + COLUMNS[:n] for n in range(len(COLUMNS)))]:
        for ways in product(WAYS, repeat=2):
            order = [{"field": name, "direction": ways[n % 2]} for n, name in enumerate(columns)]
            found.setdefault(columns[0], []).append(order)
    return found


ORDERS = orders()


@pytest.fixture
async def store(database: Store) -> AsyncIterator[Store]:
    """A store that records how it carries out each query, where it has plans."""
    await database.collection("users").insert_many(ROWS)
    if isinstance(database, MemoryStore):
        yield database
        return
    await database.database.command("profile", 2)
    yield database
    await database.database.command("profile", 0)
    await database.database.drop_collection("system.profile")


async def search(store: Store, order: Order, **query: Any) -> ResultPage[BsonDict]:
    spec = search_spec(SearchUsers.model_validate({"sort": order} | query), FIELDS, {"status": {"$in": [1]}})
    return await find_page(store.collection("users"), spec)


def sorted_ids(order: Order) -> list[int]:
    """The ids of all users in an order, ties by ascending id."""
    keys = [(FIELDS[each["field"]].folded, each["direction"]) for each in order] + [("_id", "asc")]

    def compare(one: BsonDict, other: BsonDict) -> int:
        for path, way in keys:
            first, second = value_at(one, path), value_at(other, path)
            if first != second:
                return (1 if first > second else -1) * (1 if way == "asc" else -1)
        return 0

    return [row["_id"] for row in sorted(ROWS, key=cmp_to_key(compare))]


async def assert_plans(store: Store) -> None:
    """Each query has read an index, and has sorted no more rows than are alike in the first field."""
    if isinstance(store, MemoryStore):
        return  # it has no plans: the order alone counts
    where = {"ns": f"{store.database.name}.users", "command.find": "users"}
    recorded = await store.database["system.profile"].find(where).to_list(None)
    assert recorded
    for each in recorded:
        assert each["planSummary"].startswith("IXSCAN"), each["planSummary"]
        assert not each.get("hasSortStage") or each["docsExamined"] <= ALIKE, each["command"]


@pytest.mark.parametrize("first", COLUMNS)
async def test_every_page_is_in_order(store: Store, first: str) -> None:
    for order in ORDERS[first]:
        expected = sorted_ids(order)
        for page in (1, 2, 8, 17, ALL // SIZE + 1):
            found = await search(store, order, page=page, size=SIZE)
            assert [row["_id"] for row in found.items] == expected[(page - 1) * SIZE : page * SIZE], (order, page)
    await assert_plans(store)


@pytest.mark.parametrize("first", COLUMNS)
async def test_pages_by_cursor_are_in_order(store: Store, first: str) -> None:
    for order in ORDERS[first][::5]:
        walked, after = list[int](), None
        while True:
            page = await search(store, order, size=SIZE, after=after, count=False)
            walked += [row["_id"] for row in page.items]
            if (after := page.next) is None:
                break
        assert walked == sorted_ids(order), order
    await assert_plans(store)


async def test_what_few_meet_is_sorted_at_once(store: Store) -> None:
    order = [{"field": "created_at", "direction": "desc"}, {"field": "id", "direction": "desc"}]
    condition = {"field": "display_name", "value": "Name 3"}
    found = await search(store, order, filter=[condition])
    alike = [id for id in sorted_ids(order) if ROWS[id - 1]["name"] == "Name 3"]
    assert [row["_id"] for row in found.items] == alike
    await assert_plans(store)
