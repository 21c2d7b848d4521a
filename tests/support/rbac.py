"""Requests to rbac."""

import json
from typing import Any
from uuid import uuid4

import httpx

ENTITIES = ("user", "app", "group", "role", "resource", "resource-type")


IN_APP = ("group", "role", "resource")


LINKS = (("user", "group"), ("user", "role"), ("group", "role"), ("role", "resource"))


NOBODY = 9_007_199_254_740_991


DONE = {"status": "200", "message": "success"}


def code(prefix: str = "CODE") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


def new_entity(entity: str, **changed: Any) -> dict[str, Any]:
    """The body that creates an entity; groups, roles and resources belong to the first app."""
    mark = uuid4().hex[:10]
    fields: dict[str, dict[str, Any]] = {
        "user": {"email": f"a{mark}@example.com", "name": f"Name {mark}"},
        "resource": {"app_id": 1, "code": f"/{mark}", "resource_type_id": 1, "detail": f"Detail {mark}"},
    }
    row = {"code": f"CODE_{mark}", "name": f"Name {mark}"}
    return fields.get(entity, {"app_id": 1, **row} if entity in IN_APP else row) | changed


def error(status: int, message: str) -> dict[str, Any]:
    return {"status": str(status), "message": message}


def assert_refused(answer: httpx.Response, status: int, message: str) -> None:
    assert (answer.status_code, answer.json()) == (status, error(status, message))
    assert answer.headers["content-type"] == "application/json"


def success_data(answer: httpx.Response) -> Any:
    """The data of a success."""
    body = answer.json()
    assert (answer.status_code, list(body)) == (200, ["status", "message", "data"]), body
    assert (body["status"], body["message"]) == ("200", "success")
    return body["data"]


async def create(http: httpx.AsyncClient, entity: str, **changed: Any) -> Any:
    return success_data(await http.post(f"/api/{entity}", json=new_entity(entity, **changed)))


async def create_id(http: httpx.AsyncClient, entity: str, **changed: Any) -> int:
    given: int = (await create(http, entity, **changed))["id"]
    return given


async def read(http: httpx.AsyncClient, path: str, **query: Any) -> Any:
    params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
    return success_data(await http.get(path, params=params))


async def read_ids(http: httpx.AsyncClient, path: str, **query: Any) -> list[int]:
    """The ids of a list, plain or with its pagination."""
    found = await read(http, path, **query)
    return [row["id"] for row in (found["list"] if isinstance(found, dict) else found)]


async def link(http: httpx.AsyncClient, path: str, *given: int, verb: str = "POST") -> None:
    answer = await http.request(verb, path, json={"ids": list(given)} if given else None)
    assert (answer.status_code, answer.json()) == (200, DONE)
