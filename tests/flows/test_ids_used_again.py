"""The sequence of a subject's events goes on where its id is used again after a deletion."""

from typing import Any

import pytest

from tests.support.client import Client
from tests.support.rows import Row, a_group, a_resource, a_role, a_user, an_app, code


async def create(client: Client, noun: str, **fields: Any) -> Row:
    if noun == "user":
        return await a_user(client, **fields)
    return await (a_role if noun == "role" else a_group)(client, {"id": 1}, **fields)


@pytest.mark.parametrize("noun", ["user", "role", "group"])
async def test_the_sequence_goes_on_with_every_use_of_an_id(client: Client, noun: str) -> None:
    events = await client.events(f"{noun}.*")
    id = (await create(client, noun))["id"]
    for _ in range(2):
        await client.done(f"{noun}.delete", {"id": id})
        await create(client, noun, id=id)
    told = await events.about(f"{noun}/{id}", 5)
    assert [event["sequence"] for event in told] == [1, 2, 3, 4, 5]
    assert (await client.done(f"{noun}.get", {"id": id}))["revision"] == 5


async def test_an_imported_user_goes_on_too_and_new_ids_begin_at_one(client: Client) -> None:
    events = await client.events("user.*")
    user = await a_user(client)
    await client.done("user.delete", {"id": user["id"]})
    other = user["id"] + 1_000_000
    rows = [{"username": code("user"), "id": user["id"]}, {"username": code("user"), "id": other}]
    assert (await client.done("user.import", {"users": rows}))["created"] == 2
    assert [event["sequence"] for event in await events.about(f"user/{user['id']}", 3)] == [1, 2, 3]
    assert (await client.done("user.get", {"id": other}))["revision"] == 1


@pytest.mark.parametrize("noun", ["role", "group"])
async def test_the_sequence_goes_on_after_the_app_was_deleted(client: Client, noun: str) -> None:
    events, app = await client.events(f"{noun}.*"), await an_app(client)
    id = (await (a_role if noun == "role" else a_group)(client, app))["id"]
    await client.done("app.delete", {"id": app["id"]})
    await create(client, noun, id=id)
    assert [event["sequence"] for event in await events.about(f"{noun}/{id}", 3)] == [1, 2, 3]


async def test_other_nouns_never_use_an_id_again(client: Client) -> None:
    async def create_row(noun: str) -> Row:
        if noun == "app":
            return await an_app(client)
        if noun == "resource":
            return await a_resource(client, {"id": 1})
        named = {"name": code("name")} | ({"code": code()} if noun == "resource_type" else {})
        row: Row = await client.done(f"{noun}.create", named)
        return row

    for noun in ("app", "resource", "resource_type", "integration"):
        first = await create_row(noun)
        await client.done(f"{noun}.delete", {"id": first["id"]})
        assert (await create_row(noun))["id"] > first["id"]
