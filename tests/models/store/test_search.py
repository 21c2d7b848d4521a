"""Searching a real collection: operators, order with ties and empty values, pages both ways."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from models.errors.base import CursorInvalid, ValueUnfit
from models.store.client import Store
from models.store.search import SearchSpec, Where, find_page
from models.user_fields import FIELDS
from models.users import User

PEOPLE = [
    User(id=1, username="ada", name="Ada Lovelace", position="Analyst", sort=3, role_ids=[1, 9]),
    User(id=2, username="bob", name="bob", mobile="1", role_ids=[5]),
    User(id=3, email="carl@example.com", name="Carl", sort=3),
    User(id=4, username="dora"),
    User(id=5, username="Élodie", name="ÉLODIE", telephone="5"),
]


@pytest.fixture
async def rows(database: Store) -> Any:
    await database.collection("users").insert_many([user.to_row() for user in PEOPLE])
    return database.collection("users")


async def ids(rows: Any, *where: Where, **options: Any) -> list[int]:
    page = await find_page(rows, SearchSpec(FIELDS, {"status": 1}, where, **options))
    return [row["_id"] for row in page.items]


CONDITIONS = [
    (Where("username", "eq", "ADA"), [1]),
    (Where("username", "eq", "ADA", fold=False), []),
    (Where("name", "like", "LOVE"), [1]),
    (Where("name", "like", ".*"), []),
    (Where("name", "notlike", "a"), [2, 4, 5]),
    (Where("username", "ne", "ada"), [2, 3, 4, 5]),
    (Where("id", "in", [1, 3]), [1, 3]),
    (Where("id", "notin", [1, 3]), [2, 4, 5]),
    (Where("id", "between", [2, 4]), [2, 3, 4]),
    (Where("id", "gt", 4), [5]),
    (Where("sort", "lte", 3), [1, 3]),
    (Where("email", "is", None), [1, 2, 4, 5]),
    (Where("email", "not", None), [3]),
    (Where("display_name", "eq", "dora"), [4]),
    (Where("contact", "eq", "5"), [5]),
    (Where("username", "eq", "éLODIE"), [5]),
    (Where("created_at", "gt", "2001-01-01T00:00:00Z"), [1, 2, 3, 4, 5]),
    (Where("created_at", "lt", "2001-01-01"), []),
    (Where("name", "like", " L"), [1]),
    (Where("name", "like", "a "), [1]),
    (Where("name", "like", " "), [1]),
    (Where("name", "like", "." * 765), []),
    (Where("name", "like", "." * 16_001), []),
    (Where("name", "notlike", "." * 16_001), [1, 2, 3, 4, 5]),
    (Where("name", "like", "E\u0301L"), [5]),
    (Where("role_ids", "eq", 9), [1]),
    (Where("role_ids", "ne", 9), [2, 3, 4, 5]),
    (Where("role_ids", "between", [4, 6]), [2]),
    (Where("role_ids", "is", None), [3, 4, 5]),
    (Where("role_ids", "not", None), [1, 2]),
]


@pytest.mark.parametrize(("where", "found"), CONDITIONS)
async def test_a_condition_finds_its_rows(rows: Any, where: Where, found: list[int]) -> None:
    assert await ids(rows, where) == found


UNFIT = [
    Where("id", "eq", "1"),
    Where("id", "eq", True),
    Where("id", "eq", 2**63),
    Where("name", "eq", 1),
    Where("name", "eq", {"$gt": ""}),
    Where("name", "in", "ada"),
    Where("id", "between", [1]),
    Where("id", "like", "1"),
    Where("created_at", "eq", "yesterday"),
    Where("name", "like", "a\x00"),
    Where("id", "in", [*range(1001)]),
]


async def test_a_search_has_few_patterns(rows: Any) -> None:
    like = [Where("name", "like", "a"), Where("name", "notlike", "b")] * 5
    assert await ids(rows, *like) == [1, 3]
    with pytest.raises(ValueUnfit):
        await ids(rows, *like, like[0])


@pytest.mark.parametrize("where", UNFIT)
async def test_a_value_that_does_not_fit_is_refused(rows: Any, where: Where) -> None:
    with pytest.raises(ValueUnfit):
        await ids(rows, where)


@pytest.mark.parametrize("sort", [[], [("name", 1)], [("name", -1)], [("sort", 1), ("name", -1)], [("email", -1)]])
async def test_walking_by_cursor_gives_the_same_order_as_one_page(rows: Any, sort: list[tuple[str, int]]) -> None:
    whole = await ids(rows, sort=sort, size=10)
    walked: list[int] = []
    after = None
    while True:
        page = await find_page(rows, SearchSpec(FIELDS, {"status": 1}, (), sort, size=2, after=after))
        walked += [row["_id"] for row in page.items]
        after = page.next
        if after is None:
            break
    assert walked == whole
    assert sorted(walked) == [1, 2, 3, 4, 5]


async def test_a_page_counts_the_whole_result(rows: Any) -> None:
    page = await find_page(rows, SearchSpec(FIELDS, {"status": 1}, page=3, size=2))
    assert ([row["_id"] for row in page.items], page.total, page.next) == ([5], 5, None)
    far = await find_page(rows, SearchSpec(FIELDS, {"status": 1}, page=2**53, size=1000))
    assert (far.items, far.total) == ([], 5)


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "bnVsbA==", "e30="])
async def test_a_foreign_cursor_is_refused(rows: Any, cursor: str) -> None:
    if cursor:
        with pytest.raises(CursorInvalid):
            await ids(rows, after=cursor)
    else:
        assert await ids(rows, after=cursor) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "last",
    [10**30, -(2**63) - 1, "\ud800", {"time": "0001-01-01T00:00:00+23:59"}, {"time": "9999-12-31T23:59:59-23:59"}, 0.5],
)
async def test_a_cursor_that_holds_what_no_row_can_is_refused(rows: Any, last: Any) -> None:
    forged = urlsafe_b64encode(json.dumps([[["_id", 1]], [last]]).encode()).decode()
    with pytest.raises(CursorInvalid):
        await ids(rows, after=forged)


@pytest.mark.parametrize("size", [2, 10])
async def test_a_search_is_not_sorted_by_a_list(rows: Any, size: int) -> None:
    with pytest.raises(ValueUnfit, match="role_ids"):
        await ids(rows, sort=[("role_ids", 1)], size=size)


async def test_a_cursor_of_another_order_is_refused(rows: Any) -> None:
    page = await find_page(rows, SearchSpec(FIELDS, {"status": 1}, size=2))
    with pytest.raises(CursorInvalid):
        await ids(rows, sort=[("name", 1)], after=page.next)
