"""Deleting an app or a resource type takes along what is its own, at once or in steps."""

import asyncio
from typing import Any

from models.cascade import ROWS_PER_STEP
from models.roles import Role
from tests.support.client import Client
from tests.support.rows import Row, a_group, a_resource, a_role, an_app, code
from tests.support.stack import Stack


async def test_deleting_an_app_takes_all_that_is_its_own(client: Client) -> None:
    events, app = await client.events("*.deleted"), await an_app(client)
    rows = {
        "group": await a_group(client, app),
        "role": await a_role(client, app),
        "resource": await a_resource(client, app),
    }
    kept = await a_role(client, await an_app(client))
    await client.done("app.delete", {"id": app["id"]})
    subjects = {(await events.next())["subject"] for _ in range(4)}
    assert subjects == {f"app/{app['id']}", *(f"{noun}/{row['id']}" for noun, row in rows.items())}
    for noun, row in rows.items():
        assert (await client.refused(f"{noun}.get", {"id": row["id"]}))["code"] == f"{noun}.not_found"
    assert await client.done("role.get", {"id": kept["id"]}) == kept


async def test_deleting_a_resource_type_takes_its_resources(client: Client) -> None:
    kind = await client.done("resource_type.create", {"code": code(), "name": "A name"})
    resource = await a_resource(client, await an_app(client), resource_type_id=kind["id"])
    await client.done("resource_type.delete", {"id": kind["id"]})
    assert (await client.refused("resource.get", {"id": resource["id"]}))["code"] == "resource.not_found"


async def test_an_app_is_not_deleted_while_a_role_is_made_in_it(client: Client) -> None:
    apps = [await an_app(client) for _ in range(20)]
    makes = [client.settle("role.create", {"app_id": app["id"], "code": "R", "name": "R"}) for app in apps]
    deletes = [client.settle("app.delete", {"id": app["id"]}) for app in apps]
    await asyncio.gather(*makes, *deletes)
    wanted = {"field": "app_id", "op": "in", "value": [app["id"] for app in apps]}
    assert (await client.done("role.search", {"filter": [wanted]}))["items"] == []


async def crowded(client: Client, stack: Stack, count: int, **last: Any) -> tuple[Row, list[Role]]:
    app = await an_app(client)
    first = (await a_role(client, await an_app(client)))["id"] + 1
    rows = [Role(id=first + n, app_id=app["id"], code=f"R{n}", name=f"R{n}") for n in range(count)]
    rows[-1] = rows[-1].model_copy(update=last)
    store = stack.worker.dependencies.store
    await store.collection("roles").insert_many([row.to_row() for row in rows])
    await store.collection("counters").update_one({"_id": "roles"}, {"$set": {"last": rows[-1].id}})
    return app, rows


async def test_a_crowded_app_is_deleted_in_steps_that_tell_of_every_row(client: Client, stack: Stack) -> None:
    app, rows = await crowded(client, stack, ROWS_PER_STEP + 1200)
    events = await client.events("role.deleted")
    assert await client.done("app.delete", {"id": app["id"]}) == {"deleted": 1}
    told: dict[str, Any] = {}
    while len(told) < len(rows):  # an event may come twice
        event = await events.next()
        told[event["subject"]] = event
    assert told.keys() == {row.subject for row in rows}
    assert {event["sequence"] for event in told.values()} == {1}
    assert len({event["causationid"] for event in told.values()}) == 1


async def test_of_a_crowded_app_with_an_administrator_role_nothing_is_deleted(client: Client, stack: Stack) -> None:
    app, rows = await crowded(client, stack, ROWS_PER_STEP + 10, admin=1)
    assert (await client.refused("app.delete", {"id": app["id"]}))["code"] == "role.admin_protected"
    assert (await client.done("role.of_app", {"app": app["id"], "page": 1}))["total"] == len(rows)
