"""The lists of users in every dialect read an index in its order: no collection scan, no sort in memory."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.dialects.passport.users import SORT
from bridge.dialects.rbac.views import USER
from contracts.user_queries import SearchUsers
from handlers.searching import search_spec
from models.store.client import BsonDict, Store
from models.store.search import ResultPage, find_page
from models.store.tied_order import value_at
from models.user_fields import FIELDS
from models.users import User
from tests.support.stores import on_one_driver

SIZE, ALL = 10, 120
START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = {"passport": SORT} | {
    f"rbac {name} {way}": [{"field": column.bus_name, "direction": way}]
    for name, column in USER.items()
    for way in ("asc", "desc")
}


@pytest.fixture
async def store(database: Store) -> AsyncIterator[Store]:
    """A store of 120 users, in threes that look alike, that records how it carries out each query."""
    await database.collection("users").insert_many([make_user(number).to_row() for number in range(1, ALL + 1)])
    await database.database.command("profile", 2)
    yield database
    await database.database.command("profile", 0)
    await database.database.drop_collection("system.profile")


def make_user(number: int) -> User:
    """A user with the name and the times of its two neighbours."""
    same = number // 3
    at = START + timedelta(hours=same)
    return User(id=number, username=f"user_{number}", name=f"Name {same}", sort=same % 7, created_at=at, updated_at=at)


async def search(store: Store, **query: Any) -> ResultPage[BsonDict]:
    """A page of the live users, as `user.search` finds it."""
    spec = search_spec(SearchUsers(size=SIZE, **query), FIELDS, {"status": {"$in": [1]}})
    return await find_page(store.collection("users"), spec)


async def finds(store: Store) -> list[BsonDict]:
    """The recorded finds of users."""
    where = {"ns": f"{store.database.name}.users", "command.find": "users"}
    recorded: list[BsonDict] = await store.database["system.profile"].find(where).to_list(None)
    return recorded


def assert_index_order(recorded: list[BsonDict], keys: int) -> None:
    """Each find has read an index in its order, and at most this many of its keys."""
    assert recorded
    for each in recorded:
        assert each["planSummary"].startswith("IXSCAN"), each["planSummary"]
        assert not each.get("hasSortStage"), each["planSummary"]
        assert each["keysExamined"] <= keys, each["planSummary"]


@on_one_driver
@pytest.mark.parametrize("order", ORDERS)
async def test_the_first_and_the_last_page_read_no_more_than_themselves(store: Store, order: str) -> None:
    first = await search(store, sort=ORDERS[order])
    last = await search(store, sort=ORDERS[order], page=ALL // SIZE)
    assert (len(first.items), len(last.items), first.total, last.next) == (SIZE, SIZE, ALL, None)
    assert_index_order(await finds(store), keys=2 * SIZE)


@on_one_driver
@pytest.mark.parametrize("order", [order for order in ORDERS if order != "passport"])  # which has no cursor
async def test_pages_by_cursor_read_no_more_than_themselves(store: Store, order: str) -> None:
    whole = await search(store, sort=ORDERS[order])
    walked, after = [*whole.items], whole.next
    while after:
        page = await search(store, sort=ORDERS[order], after=after, count=False)
        walked, after = walked + page.items, page.next
    assert_index_order(await finds(store), keys=3 * SIZE)
    numbered = [
        row for page in range(1, ALL // SIZE + 1) for row in (await search(store, sort=ORDERS[order], page=page)).items
    ]
    assert [row["_id"] for row in walked] == [row["_id"] for row in numbered] == sorted_ids(ORDERS[order])


def sorted_ids(order: list[dict[str, str]]) -> list[int]:
    """The ids of all users in an order by one field, ties by ascending id."""
    field, way = order[0]["field"], order[0]["direction"]
    rows = [make_user(number).to_row() for number in range(1, ALL + 1)]
    ordered = sorted(rows, key=lambda row: value_at(row, FIELDS[field].folded), reverse=way == "desc")
    return [row["_id"] for row in ordered]


FILTERS: list[BsonDict] = [
    {"field": "id", "value": 7},
    {"field": "display_name", "value": "Name 7", "fold": False},
    {"field": "display_name", "value": "name 7"},
    {"field": "display_email", "value": "a@example.com"},
    {"field": "email", "value": "a@example.com"},
    {"field": "contact", "value": "1", "fold": False},
    {"field": "position", "value": "Tester", "fold": False},
    {"field": "created_at", "value": "2026-01-01T07:00:00Z"},
    {"field": "updated_at", "value": "2026-01-01T07:00:00Z"},
]


@on_one_driver
@pytest.mark.parametrize("order", [SORT, [{"field": "id"}]], ids=["passport", "rbac"])
@pytest.mark.parametrize("condition", FILTERS, ids=[f"{each['field']}-{index}" for index, each in enumerate(FILTERS)])
async def test_an_equality_filter_reads_the_users_that_meet_it(
    store: Store, condition: BsonDict, order: list[dict[str, str]]
) -> None:
    page = await search(store, filter=[condition], sort=order)
    assert page.total == len(page.items)
    for each in await finds(store):
        assert each["planSummary"].startswith("IXSCAN")
        assert each["keysExamined"] <= SIZE


@on_one_driver
async def test_users_without_a_position_are_in_the_lists_by_it(store: Store) -> None:
    first, *_, last = [
        await search(store, sort=[{"field": "position", "direction": "asc"}, *SORT], page=page)
        for page in (1, 2, ALL // SIZE)
    ]
    assert (len(first.items), len(last.items), first.total) == (SIZE, SIZE, ALL)
    without = await search(store, filter=[{"field": "position", "op": "is", "value": None}], sort=SORT)
    assert (len(without.items), without.total) == (SIZE, ALL)


@on_one_driver
async def test_the_total_of_many_who_are_equal_reads_none_of_them(store: Store) -> None:
    await store.collection("users").update_many({"_id": {"$mod": [2, 1]}}, {"$set": {"position": "Tester"}})
    condition = {"field": "position", "value": "Tester", "fold": False}
    page = await search(store, filter=[condition], sort=SORT)
    assert (page.total, len(page.items)) == (ALL // 2, SIZE)
    where = {"ns": f"{store.database.name}.users", "command.aggregate": "users"}
    (count,) = await store.database["system.profile"].find(where).to_list(None)
    assert "SCAN { status: 1, position: 1" in count["planSummary"]
    assert count["docsExamined"] == 0
    assert_index_order(await finds(store), keys=2 * SIZE)
