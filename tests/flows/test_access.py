"""What users may do: effective roles and resources, checks, listings, and links to rows that are gone."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.profiler import profiled
from tests.support.rows import Row, a_group, a_resource, a_role, a_user, an_app, code, ids
from tests.support.stack import Stack
from tests.support.stores import open_store

UNKNOWN = 9_007_199_254_740_991


class Given:
    """Two apps; a user with one role of its own in the first, and a group in the second that gives another."""

    app: Row
    other: Row
    own: Row
    through: Row
    group: Row
    pages: list[Row]
    user: Row


@pytest.fixture
async def given(client: Client) -> Given:
    given = Given()
    given.app, given.other = await an_app(client), await an_app(client)
    given.own, given.through = await a_role(client, given.app), await a_role(client, given.other)
    given.group = await a_group(client, given.other)
    given.pages = [
        await a_resource(client, given.app, detail="One"),
        await a_resource(client, given.app, detail="Two"),
        await a_resource(client, given.other, detail="Three"),
    ]
    page_ids = [page["id"] for page in given.pages]
    await client.done("role.grant", {"role_id": given.own["id"], "resource_ids": page_ids[:2]})
    await client.done("role.grant", {"role_id": given.through["id"], "resource_ids": page_ids[1:]})
    await client.done(
        "group.grant", {"group_id": given.group["id"], "role_ids": [given.own["id"], given.through["id"]]}
    )
    given.user = await a_user(client, role_ids=[given.own["id"]], group_ids=[given.group["id"]])
    return given


async def test_roles_and_resources_come_directly_and_through_groups_each_once(client: Client, given: Given) -> None:
    user_id, roles = given.user["id"], [given.own["id"], given.through["id"]]
    assert await ids(client, "role.of_user", user_id=user_id) == roles
    assert await ids(client, "role.of_user", user_id=user_id, direct=True) == roles[:1]
    assert await ids(client, "group.of_user", user_id=user_id) == [given.group["id"]]
    assert await ids(client, "resource.of_user", user_id=user_id) == [page["id"] for page in given.pages]


async def test_rows_are_shown_whole(client: Client, given: Given) -> None:
    page = await client.done("resource.of_user", {"user_id": given.user["id"]})
    shown = [await client.done("resource.get", {"id": each["id"]}) for each in given.pages]
    assert page == {"items": shown, "total": 3, "page": 1, "size": 3, "next": None}


async def test_an_app_narrows_by_id_or_code(client: Client, given: Given) -> None:
    for app in (given.other["id"], given.other["code"]):
        body = {"user_id": given.user["id"], "app": app}
        assert await ids(client, "role.of_user", **body) == [given.through["id"]]
        assert await ids(client, "resource.of_user", **body) == [given.pages[2]["id"]]
        assert await ids(client, "group.of_user", **body) == [given.group["id"]]
    assert await ids(client, "group.of_user", user_id=given.user["id"], app=given.app["id"]) == []


async def test_listings_are_filtered_sorted_and_cut_only_when_asked(client: Client, given: Given) -> None:
    sort = [{"field": "detail", "direction": "desc"}]
    one, two, three = (page["id"] for page in given.pages)
    user = {"user_id": given.user["id"]}
    assert await ids(client, "resource.of_user", **user, sort=sort) == [two, three, one]
    cut = await client.done("resource.of_user", {**user, "sort": sort, "page": 2, "size": 2})
    assert ([row["id"] for row in cut["items"]], cut["total"], cut["page"], cut["size"]) == ([one], 3, 2, 2)
    past = await client.done("resource.of_user", {**user, "page": 9_007_199_254_740_991, "size": 1000})
    assert (past["items"], past["total"]) == ([], 3)
    like = [{"field": "detail", "op": "like", "value": "T"}]
    assert await ids(client, "resource.of_user", **user, filter=like) == [two, three]
    wrong = [{"field": "id", "op": "eq", "value": "x"}]
    assert (await client.refused("resource.of_user", {**user, "filter": wrong}))["code"] == "search.value_invalid"


async def test_the_rows_of_an_app_a_group_a_role_are_listed(client: Client, given: Given) -> None:
    for app in (given.other["id"], given.other["code"]):
        assert await ids(client, "group.of_app", app=app) == [given.group["id"]]
        assert await ids(client, "role.of_app", app=app) == [given.through["id"]]
        assert await ids(client, "resource.of_app", app=app) == [given.pages[2]["id"]]
    assert await ids(client, "role.of_group", group_id=given.group["id"]) == [given.own["id"], given.through["id"]]
    assert await ids(client, "resource.of_role", role_id=given.own["id"]) == [page["id"] for page in given.pages[:2]]


@pytest.mark.parametrize(
    ("name", "key", "missing"),
    [
        ("role.of_user", "user_id", "user.not_found"),
        ("group.of_user", "user_id", "user.not_found"),
        ("resource.of_user", "user_id", "user.not_found"),
        ("role.of_group", "group_id", "group.not_found"),
        ("resource.of_role", "role_id", "role.not_found"),
        ("group.of_app", "app", "app.not_found"),
        ("role.of_app", "app", "app.not_found"),
        ("resource.of_app", "app", "app.not_found"),
    ],
)
async def test_what_a_listing_starts_from_must_exist(client: Client, name: str, key: str, missing: str) -> None:
    problem = await client.refused(name, {key: UNKNOWN})
    assert (problem["kind"], problem["code"]) == ("not_found", missing)


@pytest.mark.parametrize("name", ["role.of_user", "group.of_user", "resource.of_user"])
async def test_an_unknown_app_and_a_deleted_user_are_not_found(client: Client, given: Given, name: str) -> None:
    problem = await client.refused(name, {"user_id": given.user["id"], "app": code()})
    assert problem["code"] == "app.not_found"
    await client.done("user.set_status", {"id": given.user["id"], "status": -1})
    assert (await client.refused(name, {"user_id": given.user["id"]}))["code"] == "user.not_found"


async def test_a_check_says_what_is_allowed_and_through_which_roles(client: Client, given: Given) -> None:
    codes = [page["code"] for page in given.pages]
    asked = {"user_id": given.user["id"], "app": given.app["code"], "resources": [codes[1], codes[0], codes[2], "/no"]}
    checked = await client.done("role.check", asked)
    assert [
        (item["resource"], item["allowed"], [role["id"] for role in item["roles"]]) for item in checked["items"]
    ] == [
        (codes[1], True, [given.own["id"], given.through["id"]]),
        (codes[0], True, [given.own["id"]]),
        (codes[2], False, []),
        ("/no", False, []),
    ]
    role = {name: given.own[name] for name in ("id", "app_id", "code", "name")}
    assert checked["items"][1]["roles"] == [role]


async def test_a_check_of_an_unknown_user_or_app_is_refused(client: Client, given: Given) -> None:
    asked = {"user_id": given.user["id"], "app": given.app["id"], "resources": ["/x"]}
    assert (await client.refused("role.check", asked | {"user_id": UNKNOWN}))["code"] == "user.not_found"
    assert (await client.refused("role.check", asked | {"app": code()}))["code"] == "app.not_found"
    assert (await client.refused("role.check", asked | {"resources": []}))["kind"] == "invalid"


async def test_users_are_shown_with_their_direct_roles_by_sort_then_id(client: Client) -> None:
    app = await an_app(client)
    late, early, twin = [await a_role(client, app, sort=sort) for sort in (20, 10, 20)]
    user = await a_user(client, role_ids=[role["id"] for role in (late, early, twin)])
    shown = await client.done("user.get", {"id": user["id"], "with_roles": True})
    assert shown["roles"] == [
        {**{name: role[name] for name in ("id", "app_id", "code", "name", "admin", "sort")}, "app_code": app["code"]}
        for role in (early, late, twin)
    ]
    found = await client.done("user.search", {"filter": [{"field": "id", "value": user["id"]}], "with_roles": True})
    assert found["items"] == [shown]
    assert (await client.done("user.get", {"id": user["id"]}))["roles"] is None


@pytest.mark.parametrize("noun", ["app", "group", "role", "resource"])
async def test_deleting_unlinks(client: Client, given: Given, noun: str) -> None:
    row = {"app": given.other, "group": given.group, "role": given.through, "resource": given.pages[2]}[noun]
    await client.done("role.assign", {"user_id": given.user["id"], "role_ids": [given.through["id"]]})
    await client.done(f"{noun}.delete", {"id": row["id"]})
    own, through, pages = given.own["id"], given.through["id"], [page["id"] for page in given.pages]
    user = await client.done("user.get", {"id": given.user["id"]})
    left = [own] if noun in ("app", "role") else [own, through]
    assert user["role_ids"] == await ids(client, "role.of_user", user_id=user["id"]) == left
    assert user["group_ids"] == ([] if noun in ("app", "group") else [given.group["id"]])
    seen = {"app": pages[:2], "group": pages, "role": pages[:2], "resource": pages[:2]}
    assert await ids(client, "resource.of_user", user_id=user["id"]) == seen[noun]


async def test_no_query_shows_a_link_to_what_is_gone(client: Client, given: Given, stack: Stack) -> None:
    async with open_store(stack.mongo_url) as store:
        for collection, row in (("users", given.user), ("groups", given.group)):
            await store.collection(collection).update_one({"_id": row["id"]}, {"$push": {"role_ids": UNKNOWN}})
        await store.collection("users").update_one({"_id": given.user["id"]}, {"$push": {"group_ids": UNKNOWN}})
        await store.collection("roles").update_one({"_id": given.own["id"]}, {"$push": {"resource_ids": UNKNOWN}})
    user_id = given.user["id"]
    assert await ids(client, "role.of_user", user_id=user_id) == [given.own["id"], given.through["id"]]
    assert await ids(client, "role.of_user", user_id=user_id, direct=True) == [given.own["id"]]
    assert await ids(client, "group.of_user", user_id=user_id) == [given.group["id"]]
    assert await ids(client, "role.of_group", group_id=given.group["id"]) == [given.own["id"], given.through["id"]]
    assert await ids(client, "resource.of_role", role_id=given.own["id"]) == [page["id"] for page in given.pages[:2]]
    shown = await client.done("user.get", {"id": user_id, "with_roles": True})
    assert [role["id"] for role in shown["roles"]] == [given.own["id"]]


async def test_a_role_deleted_while_it_is_assigned_is_never_shown(client: Client) -> None:
    app = await an_app(client)
    roles, user = [await a_role(client, app) for _ in range(20)], await a_user(client)
    assigns = [client.settle("role.assign", {"user_id": user["id"], "role_ids": [role["id"]]}) for role in roles]
    deletes = [client.settle("role.delete", {"id": role["id"]}) for role in roles]
    await asyncio.gather(*assigns, *deletes)
    assert await ids(client, "role.of_user", user_id=user["id"]) == []


@pytest.mark.parametrize("noun", ["group", "role"])
async def test_a_chosen_id_brings_no_old_links_back(client: Client, given: Given, noun: str, stack: Stack) -> None:
    app, field = given.app, f"{noun}_ids"
    row = await {"group": a_group, "role": a_role}[noun](client, app)
    await client.done(f"{noun}.delete", {"id": row["id"]})
    again = {"app_id": app["id"], "code": code(), "name": "Again", "id": row["id"]}
    async with open_store(stack.mongo_url) as store:
        await store.collection("users").update_one({"_id": given.user["id"]}, {"$push": {field: row["id"]}})
        assert (await client.done(f"{noun}.create", again))["id"] == row["id"]
        assert row["id"] not in await ids(client, f"{noun}.of_user", user_id=given.user["id"])
        assert await store.collection("sweeps").count_documents({"noun": noun, "ids": row["id"]}) == 0


@pytest.mark.parametrize("name", ["role.of_user", "resource.of_user", "role.check"])
async def test_what_a_user_may_do_is_one_round_trip(client: Client, given: Given, stack: Stack, name: str) -> None:
    database = stack.worker.dependencies.store.database
    asked: Row = {"user_id": given.user["id"], "app": given.app["code"]}
    if name == "role.check":
        asked["resources"] = [page["code"] for page in given.pages]
    nouns = [f"{database.name}.{noun}" for noun in ("users", "groups", "roles", "resources", "apps")]
    # what sweeps old links works in a transaction, and others' requests, tried again meanwhile, name other rows
    async with profiled(database, {"ns": {"$in": nouns}, "command.autocommit": {"$exists": False}}) as rows:
        found = await client.done(name, asked)
    named = _named(given)
    trips = [row for row in rows if named & {*_values([row["command"], row.get("originatingCommand", {})])}]
    assert found["items"]
    assert [(trip["op"], trip["ns"]) for trip in trips] == [("command", f"{database.name}.users")]


def _named(given: Given) -> set[Any]:
    """Every id and code by which a request can find the rows."""
    rows = [given.app, given.other, given.own, given.through, given.group, *given.pages]
    return {given.user["id"], *(row[key] for row in rows for key in ("id", "code"))}


def _values(part: Any) -> Iterator[Any]:
    if isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _values(each)
    elif isinstance(part, int | str):
        yield part
