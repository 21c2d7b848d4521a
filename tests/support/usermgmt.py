"""Requests to usermgmt."""

import json
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx

from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import telephone

LOGIN, LOGOUT, USERS, PASSWORD = "/auth/login", "/auth/logout", "/v1/users", "/password"
UNIQUENESS, SMS = "/action/uniqueness", "/v1/identity/sms"
SECRET, OTHER = "123.qwe", "qwe.456"
PAYLOAD_TOO_LARGE = "Payload Too Large"  # newer versions of Python call it otherwise


def username() -> str:
    return f"User_{uuid4().hex[:10]}"


def person(**changed: Any) -> dict[str, Any]:
    """A registration; None leaves a field out."""
    body = {"username": username(), "company": "company", "gender": "male", "telephone": telephone()}
    given = {**body, "password": SECRET, **changed}
    return {key: value for key, value in given.items() if value is not None}


def last_code(stack: Stack, number: str) -> str:
    """The last code that was sent to a number."""
    lines = [json.loads(line) for line in stack.sms_log.read_text().splitlines()]
    found: str = [line["code"] for line in lines if line["telephone"] == number][-1]
    return found


async def prepare_registration(client: Client, stack: Stack, **changed: Any) -> dict[str, Any]:
    """Have a code sent and return a registration with it."""
    body = person(**changed)
    await client.done("sms.send_code", {"telephone": body["telephone"]})
    return {**body, "verificationCode": last_code(stack, body["telephone"])}


async def register(http: httpx.AsyncClient, client: Client, stack: Stack) -> dict[str, Any]:
    """Register a new user and return the body that was sent."""
    body = await prepare_registration(client, stack)
    answer = await http.post(USERS, json=body)
    assert answer.status_code == 201, answer.text
    return body


async def log_in(http: httpx.AsyncClient, name: str, password: str = SECRET) -> httpx.Response:
    return await http.post(LOGIN, data={"username": name, "password": password})


def assert_error(answer: httpx.Response, status: int, detail: str | None) -> None:
    """An error with this detail and nothing else."""
    body = {
        "code": status,
        "message": PAYLOAD_TOO_LARGE if status == 413 else HTTPStatus(status).phrase,
        "detail": detail,
    }
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["content-type"] == "application/json"
    assert "set-cookie" not in answer.headers
