"""Searching users: pages by key, and what does not fit."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client


def name(prefix: str = "user") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


async def test_pages_by_key_reach_every_user_once(client: Client) -> None:
    company = name()
    made = [await client.done("user.create", {"username": name(), "company": company}) for _ in range(5)]
    query = {"filter": [{"field": "company", "value": company}], "sort": [{"field": "id", "direction": "desc"}]}
    page = await client.done("user.search", {**query, "size": 2})
    assert (page["total"], page["size"]) == (5, 2)
    found = page["items"]
    while page["next"]:
        page = await client.done("user.search", {**query, "size": 2, "after": page["next"], "count": False})
        assert page["total"] is None
        found += page["items"]
    assert found == made[::-1]


async def test_a_page_sorted_by_the_longest_texts_has_a_next_one(client: Client) -> None:
    company, longest = name(), "\U00010400" * 254
    for last in "ab":
        texts = dict.fromkeys(("name", "position", "gender", "mobile"), longest + last)
        await client.done("user.create", {"username": name(), "company": company, **texts})
    sort = [{"field": field} for field in ("name", "position", "gender", "mobile", "display_name", "contact")]
    query = {"filter": [{"field": "company", "value": company}], "sort": sort, "size": 1}
    first = await client.done("user.search", query)
    second = await client.done("user.search", {**query, "after": first["next"]})
    assert [page["items"][0]["name"][-1] for page in (first, second)] == ["a", "b"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"after": "not a cursor"}, "search.cursor_invalid"),
        ({"sort": [{"field": "group_ids"}]}, "search.value_invalid"),
        ({"filter": [{"field": "id", "op": "between", "value": [1]}]}, "search.value_invalid"),
        ({"filter": [{"field": "password", "value": "x"}]}, "message.invalid"),
    ],
)
async def test_a_search_that_does_not_fit_is_invalid(client: Client, body: dict[str, Any], code: str) -> None:
    problem = await client.refused("user.search", body)
    assert (problem["kind"], problem["code"]) == ("invalid", code)
