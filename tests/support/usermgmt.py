"""Calls of usermgmt."""

import json
from typing import Any
from uuid import uuid4

import httpx

from tests.client import Client
from tests.stack import Stack
from tests.visitors import telephone

LOGIN, LOGOUT, USERS, PASSWORD = "/auth/login", "/auth/logout", "/v1/users", "/password"
UNIQUENESS, SMS = "/action/uniqueness", "/v1/identity/sms"
SECRET, OTHER = "123.qwe", "qwe.456"
PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    417: "Expectation Failed",
    423: "Locked",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def username() -> str:
    return f"User_{uuid4().hex[:10]}"


def person(**changed: Any) -> dict[str, Any]:
    """A registration; None leaves a field out."""
    body = {"username": username(), "company": "company", "gender": "male", "telephone": telephone()}
    given = {**body, "password": SECRET, **changed}
    return {key: value for key, value in given.items() if value is not None}


def code(stack: Stack, number: str) -> str:
    """The code that a number was sent last."""
    lines = [json.loads(line) for line in stack.sms_log.read_text().splitlines()]
    found: str = [line["code"] for line in lines if line["telephone"] == number][-1]
    return found


async def coded(client: Client, stack: Stack, **changed: Any) -> dict[str, Any]:
    """A registration with the code that its number was sent."""
    body = person(**changed)
    await client.done("sms.send_code", {"telephone": body["telephone"]})
    return {**body, "verificationCode": code(stack, body["telephone"])}


async def registered(http: httpx.AsyncClient, client: Client, stack: Stack) -> dict[str, Any]:
    """What a new user registered with."""
    body = await coded(client, stack)
    answer = await http.post(USERS, json=body)
    assert answer.status_code == 201, answer.text
    return body


async def log_in(http: httpx.AsyncClient, name: str, password: str = SECRET) -> httpx.Response:
    return await http.post(LOGIN, data={"username": name, "password": password})


def said(answer: httpx.Response, status: int, detail: str | None) -> None:
    """An error with this detail and nothing else."""
    body = {"code": status, "message": PHRASES[status], "detail": detail}
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["content-type"] == "application/json"
    assert "set-cookie" not in answer.headers
