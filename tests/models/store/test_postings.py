"""A part of a text is found by the postings of its trigrams: the same rows as without, and few others are read."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.user_queries import SearchUsers
from handlers.searching import search_spec
from models.store.client import BsonDict, Store
from models.store.conditions import contained_part, fold
from models.store.postings import find_candidates, trigram_choices, trigrams
from models.store.repository import Repository
from models.store.scope import TransactionScope, provide
from models.store.search import ResultPage, SearchSpec, find_page, is_scan, narrow
from models.text_segments import TextSegments
from models.user_fields import FIELDS
from models.users import User
from tests.support.stores import on_mongodb

LIVE = {"status": {"$in": [1]}}
NAMES = ("Ada Lovelace", "Grace Hopper", "王小明", "李明", "Élodie", "STRASSE", "Straße", "İstanbul", "e\u0301clair")
ALL, NEW = 78, 6  # of whom the last ones are in no segment yet


class Users(Repository[User]):
    collection = "users"
    document = User


def make_row(number: int) -> BsonDict:
    """The row of a user with one of a few names, and a username of its own."""
    name = NAMES[number % len(NAMES)]
    return User(id=number, username=f"{chr(97 + number % 26) * 3}{number:03}", name=name, sort=number % 7).to_row()


@pytest.fixture
async def store(database: Store) -> Store:
    """A store of users, most of whom are in a segment."""
    rows = [make_row(number) for number in range(1, ALL + 1)]
    await database.collection("users").insert_many(rows[:-NEW])
    assert await TextSegments(database, users=ALL - NEW, rest=0).run_once()
    await database.collection("users").insert_many(rows[-NEW:])
    return database


@pytest.fixture
async def recording(store: Store) -> AsyncIterator[Store]:
    """The same store, which records how it carries out each query."""
    await store.database.command("profile", 2)
    yield store
    await store.database.command("profile", 0)
    await store.database.drop_collection("system.profile")


def spec(condition: BsonDict, **query: Any) -> SearchSpec:
    """The search of the live users that meet a condition with `like`."""
    filter = [{"op": "like"} | condition]
    return search_spec(SearchUsers.model_validate({"filter": filter} | query), FIELDS, LIVE)


async def search(store: Store, search: SearchSpec) -> ResultPage[User]:
    """A page of users as repositories find it."""
    return await Users(store, TransactionScope(store, provide(None))).search(search)


async def plans(store: Store) -> list[BsonDict]:
    """How each query of users has been carried out."""
    where = {"ns": f"{store.database.name}.users", "planSummary": {"$exists": True}}
    recorded: list[BsonDict] = await store.database["system.profile"].find(where).to_list(None)
    return recorded


CONDITIONS: list[BsonDict] = [
    {"field": "username", "value": "ccc"},
    {"field": "username", "value": "ddd0"},
    {"field": "username", "value": "ddd0", "fold": False},
    {"field": "username", "value": "DDD0", "fold": False},
    {"field": "display_name", "value": "LOVE"},
    {"field": "display_name", "value": "ADA L"},
    {"field": "name", "value": "小"},
    {"field": "name", "value": "李明"},
    {"field": "name", "value": "ÉLO"},
    {"field": "name", "value": "E\u0301LO"},
    {"field": "name", "value": "strass"},
    {"field": "name", "value": "İst"},
    {"field": "name", "value": "cla", "fold": False},
    {"field": "name", "value": "cecl", "fold": False},
    {"field": "name", "value": "e\u0301cl", "fold": False},
    {"field": "name", "value": "nobody at all"},
    {"field": "name", "value": "ce h"},
    {"field": "name", "value": "ad"},
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=[f"{each['field']}-{i}" for i, each in enumerate(CONDITIONS)])
async def test_postings_change_neither_the_rows_nor_their_order(store: Store, condition: BsonDict) -> None:
    for sort in ([], [{"field": "sort", "direction": "desc"}], [{"field": "display_name", "direction": "desc"}]):
        whole = spec(condition, sort=sort, size=ALL)
        found, scanned = await search(store, whole), await find_page(store.collection("users"), whole)
        assert [user.id for user in found.items] == [row["_id"] for row in scanned.items]
        assert found.total == scanned.total == len(found.items)


@pytest.mark.parametrize("sort", [[], [{"field": "sort", "direction": "desc"}], [{"field": "display_name"}]])
async def test_pages_by_number_and_by_cursor_have_the_same_order(store: Store, sort: list[BsonDict]) -> None:
    condition = {"field": "name", "value": "strass"}
    whole = [user.id for user in (await search(store, spec(condition, sort=sort, size=ALL))).items]
    numbered, walked, after = list[int](), list[int](), None
    for page in range(1, 10):
        numbered += [user.id for user in (await search(store, spec(condition, sort=sort, size=3, page=page))).items]
    while True:
        found = await search(store, spec(condition, sort=sort, size=3, after=after))
        walked += [user.id for user in found.items]
        if (after := found.next) is None:
            break
    assert len(whole) > 15
    assert numbered == walked == whole


@on_mongodb
async def test_no_more_is_read_than_who_has_the_trigrams_and_who_is_in_no_segment(recording: Store) -> None:
    found = await search(recording, spec({"field": "username", "value": "CCC0"}))
    assert [user.id for user in found.items] == [2, 28, 54]
    recorded = await plans(recording)
    assert {each["planSummary"] for each in recorded} == {"IXSCAN { segment: 1, status: 1 }", "IXSCAN { _id: 1 }"}
    assert max(each["docsExamined"] for each in recorded) <= 3 + NEW


async def test_candidates_have_the_rarest_trigrams_or_are_in_no_segment(store: Store) -> None:
    async def find(part: str, field: str = "username", few: int = 50) -> list[int] | None:
        return await find_candidates(store, LIVE, trigram_choices(part, FIELDS[field].trigrams_of), few=few)

    new = [*range(ALL - NEW + 1, ALL + 1)]
    assert await find("bbb") == sorted({1, 27, 53, *new})
    assert await find("bbb", field="display_name") == sorted({1, 27, 53, *new})
    assert await find("bbb", field="name") == await find("bbb", field="email") == new
    assert await find("love", field="display_name") == [*range(9, ALL - NEW + 1, 9), *new]
    assert await find("bbb", few=3 + NEW) is None
    assert await find("nobody", few=NEW) is None
    assert await find("bbb", few=3 + NEW + 1) is not None


@pytest.mark.parametrize(
    ("condition", "is_narrowed"),
    [
        ({"field": "username", "value": "ccc"}, True),
        ({"field": "username", "value": "cc"}, False),
        ({"field": "username", "value": "ccc", "op": "notlike"}, False),
        ({"field": "company", "value": "abc"}, False),
        ({"field": "uuid", "value": "abc"}, False),
        ({"field": "name", "value": "明"}, True),
    ],
)
async def test_a_search_among_few_is_no_scan(store: Store, condition: BsonDict, is_narrowed: bool) -> None:
    narrowed = await narrow(store, "users", spec(condition))
    assert is_scan("users", spec(condition))
    assert is_scan("users", narrowed) is not is_narrowed


TEXTS = st.text(
    st.one_of(st.sampled_from("abcABC ßİé\u0301\u0327明小'Ⅷﬁ"), st.characters(exclude_categories=["Cs", "Cc"]))
)


@given(text=TEXTS, start=st.integers(0, 20), length=st.integers(1, 20))
def test_a_text_has_the_trigrams_of_whatever_it_contains(text: str, start: int, length: int) -> None:
    text = text.strip()  # as contracts do
    part = text[start : start + length]
    assert contained_part(part, ignore_case=False) in fold(text)
    stored = trigrams({"name": fold(text), "username": "ada"})
    for needed in trigram_choices(contained_part(part, ignore_case=False), ["name"]):
        assert {*needed} <= stored
