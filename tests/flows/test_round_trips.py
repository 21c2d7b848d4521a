"""What a caller has read of a user can be sent back, changed in one thing."""

from typing import Any

from tests.support.client import Client
from tests.support.rows import Row, a_group, a_role, a_user, an_app, code, ids
from tests.support.stack import Stack


async def read(client: Client, id: int) -> Row:
    """The fields of a user that an update takes, as they are read."""
    user = await client.done("user.get", {"id": id})
    return {name: user[name] for name in ("id", "username", "name", "role_ids", "group_ids", "revision")}


async def changes(client: Client, body: Row) -> Any:
    """Update a user; return what the event tells of it."""
    events = await client.events("user.updated", "role.*", "group.*")
    updated = await client.done("user.update", body)
    (event,) = await events.about(f"user/{body['id']}", 1)
    assert event["data"] == updated | {"changed": event["data"]["changed"]}
    return event["data"]["changed"]


async def with_a_deleted_role(client: Client) -> tuple[Row, Row]:
    """A user with two roles, of which the second was soft-deleted since; that role."""
    app = await an_app(client)
    kept, gone = await a_role(client, app), await a_role(client, app)
    user = await a_user(client, role_ids=[kept["id"], gone["id"]])
    await client.done("role.set_status", {"id": gone["id"], "status": -1})
    return user, gone


async def test_a_user_with_a_soft_deleted_role_is_sent_back(client: Client) -> None:
    user, gone = await with_a_deleted_role(client)
    assert await changes(client, await read(client, user["id"]) | {"name": "Ada"}) == ["name"]
    assert (await client.done("user.get", {"id": user["id"]}))["role_ids"] == user["role_ids"]
    await client.done("role.set_status", {"id": gone["id"], "status": 1})
    assert await ids(client, "role.of_user", user_id=user["id"]) == user["role_ids"]


async def test_a_user_with_a_soft_deleted_role_is_given_another(client: Client) -> None:
    user, _ = await with_a_deleted_role(client)
    more = await a_role(client, await an_app(client))
    body = {"id": user["id"], "role_ids": [*user["role_ids"], more["id"]]}
    assert (await client.done("user.update", body))["role_ids"] == body["role_ids"]


async def test_a_soft_deleted_role_is_not_given_anew(client: Client) -> None:
    user, gone = await with_a_deleted_role(client)
    other = await a_user(client)
    assert (await client.done("user.update", {"id": user["id"], "role_ids": []}))["role_ids"] == []
    for id in (user["id"], other["id"]):
        problem = await client.refused("user.update", {"id": id, "name": "Eve", "role_ids": [gone["id"]]})
        assert problem["code"] == "role.not_found"
        assert (await read(client, id))["name"] is None


async def test_a_caller_can_ask_for_live_roles_alone(client: Client) -> None:
    user, _ = await with_a_deleted_role(client)
    body = {"id": user["id"], "role_ids": user["role_ids"], "live_roles": True}
    assert (await client.refused("user.update", body))["code"] == "role.not_found"
    assert await client.done("user.get", {"id": user["id"]}) == user


async def test_a_user_is_sent_back_while_links_to_a_deleted_group_are_left(client: Client, stack: Stack) -> None:
    group = await a_group(client, await an_app(client))
    user = await a_user(client, group_ids=[group["id"]])
    await stack.worker.dependencies.store.collection("groups").delete_one({"_id": group["id"]})  # before its links go
    assert await changes(client, await read(client, user["id"]) | {"name": "Ada"}) == ["name"]
    problem = await client.refused("user.update", {"id": (await a_user(client))["id"], "group_ids": [group["id"]]})
    assert problem["code"] == "group.not_found"


async def test_the_order_of_accounts_roles_and_groups_is_no_change(client: Client) -> None:
    app = await an_app(client)
    accounts = [{"integration": place, "account": code()} for place in ("slack", "lark", "knock")]
    links = {
        "role_ids": [(await a_role(client, app))["id"] for _ in range(2)],
        "group_ids": [(await a_group(client, app))["id"] for _ in range(2)],
    }
    user = await a_user(client, accounts=accounts, **links)
    given = links | {"accounts": accounts}
    turned = {name: values[::-1] for name, values in given.items()}
    again = await client.done("user.update", {"id": user["id"], **turned})
    assert again == user | {"updated_at": again["updated_at"]}
    moved = [{**turned["accounts"][0], "account": code()}, *turned["accounts"][1:]]
    changed = await client.done("user.update", {"id": user["id"], "accounts": moved})
    assert changed["accounts"] == [*user["accounts"][:2], {**user["accounts"][2], "account": moved[0]["account"]}]
