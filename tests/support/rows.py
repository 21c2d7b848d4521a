"""Rows for tests, made over the bus as any caller would make them, with codes of their own."""

from typing import Any
from uuid import uuid4

from tests.support.client import Client

Row = dict[str, Any]


def code(prefix: str = "CODE") -> str:
    """A code that no other row has."""
    return f"{prefix}_{uuid4().hex[:10]}"


async def an_app(client: Client, **fields: Any) -> Row:
    made: Row = await client.done("app.create", {"code": code("APP"), "name": "An app", **fields})
    return made


async def a_group(client: Client, app: Row, **fields: Any) -> Row:
    made: Row = await client.done(
        "group.create", {"app_id": app["id"], "code": code("GROUP"), "name": "A group", **fields}
    )
    return made


async def a_role(client: Client, app: Row, **fields: Any) -> Row:
    made: Row = await client.done(
        "role.create", {"app_id": app["id"], "code": code("ROLE"), "name": code("name"), **fields}
    )
    return made


async def a_resource(client: Client, app: Row, **fields: Any) -> Row:
    body = {"app_id": app["id"], "code": code("/page"), "resource_type_id": 1, **fields}
    made: Row = await client.done("resource.create", body)
    return made


async def a_user(client: Client, **fields: Any) -> Row:
    made: Row = await client.done("user.create", {"username": code("user"), **fields})
    return made


async def ids(client: Client, name: str, **body: Any) -> list[int]:
    """The ids that a listing or a search shows, in its order."""
    page = await client.done(name, body)
    return [row["id"] for row in page["items"]]
