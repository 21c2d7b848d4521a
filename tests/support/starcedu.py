"""Requests to starcedu."""

import base64
from typing import Any

import httpx

from tests.support.client import Client
from tests.support.visitors import address, create_tenant

LOCAL, TENANT = "/api/local/user", "/api/tenant/user"
PASSWORD = "testpass"
TENANT_401 = {"code": 401, "message": "tenant unauthenticated"}
USER_401 = {"code": 401, "message": "user unauthenticated"}


def basic_credentials(name: str, secret: str) -> str:
    return "basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


async def create_tenant_header(client: Client) -> dict[str, str]:
    """Create a tenant and return its header."""
    made = await create_tenant(client)
    return {"starcedu-tenant-authorization": basic_credentials(made["id"], made["secret"])}


def person(**changed: Any) -> dict[str, Any]:
    return {"username": address(), "password": PASSWORD, **changed}


async def sign_up(http: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    """Sign a new visitor up and return the body that was sent."""
    body = person(**changed)
    answer = await http.post(f"{LOCAL}/signup", json=body)
    assert answer.json()["message"] == "register successfully", answer.text
    return body


async def get_user_token(
    http: httpx.AsyncClient, header: dict[str, str], body: dict[str, Any], at: str = "signup"
) -> str:
    """Sign a tenant's user up or in and return the token."""
    answer = await http.post(f"{TENANT}/{at}", json=body, headers=header)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["data"]["token"]
    return token


async def is_signed_in(http: httpx.AsyncClient, headers: dict[str, str] | None = None, at: str = LOCAL) -> bool:
    """Whether `me` returns a user."""
    answer = await http.get(f"{at}/me", headers=headers)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def assert_error(answer: httpx.Response, status: int, message: str) -> None:
    """An error with this message and nothing else."""
    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert answer.headers["content-type"] == "application/json"
    assert "set-cookie" not in answer.headers
