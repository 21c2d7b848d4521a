"""Requests to foreseen."""

from typing import Any
from uuid import uuid4

import httpx


def new_name(prefix: str = "user") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


def error(code: int, message: str) -> dict[str, Any]:
    return {"error_code": code, "error_message": message}


def assert_refused(answer: httpx.Response, status: int, code: int, message: str) -> None:
    assert (answer.status_code, answer.json()) == (status, error(code, message))


def account(integration: str = "lark", account_id: str | None = None) -> dict[str, Any]:
    return {"integration": integration, "account_id": account_id or new_name("ou")}


def user(**changed: Any) -> dict[str, Any]:
    """The body that creates a user."""
    return {"username": new_name(), "usertype": "user", **changed}


async def create_user(http: httpx.AsyncClient, **changed: Any) -> Any:
    """The data of a new user."""
    answer = await http.post("/user", json=user(**changed))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]
