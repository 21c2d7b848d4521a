"""Calls of starcedu."""

import base64
from typing import Any

import httpx

from tests.client import Client
from tests.visitors import address, tenant

LOCAL, TENANT = "/api/local/user", "/api/tenant/user"
PASSWORD = "testpass"
TENANT_401 = {"code": 401, "message": "tenant unauthenticated"}
USER_401 = {"code": 401, "message": "user unauthenticated"}


def basic(name: str, secret: str) -> str:
    return "basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


async def tenant_header(client: Client) -> dict[str, str]:
    """The header of a new tenant."""
    made = await tenant(client)
    return {"starcedu-tenant-authorization": basic(made["id"], made["secret"])}


def person(**changed: Any) -> dict[str, Any]:
    return {"username": address(), "password": PASSWORD, **changed}


async def signed_up(http: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    """What a new visitor signed up with."""
    body = person(**changed)
    answer = await http.post(f"{LOCAL}/signup", json=body)
    assert answer.json()["message"] == "register successfully", answer.text
    return body


async def guest(http: httpx.AsyncClient, header: dict[str, str], body: dict[str, Any], at: str = "signup") -> str:
    """The token of a tenant's user."""
    answer = await http.post(f"{TENANT}/{at}", json=body, headers=header)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["data"]["token"]
    return token


async def signed_in(http: httpx.AsyncClient, headers: dict[str, str] | None = None, at: str = LOCAL) -> bool:
    """Whether `me` knows who asks."""
    answer = await http.get(f"{at}/me", headers=headers)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def said(answer: httpx.Response, status: int, message: str) -> None:
    """An error with this message and nothing else."""
    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert answer.headers["content-type"] == "application/json"
    assert "set-cookie" not in answer.headers
