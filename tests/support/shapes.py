"""Error bodies of foreseen and passport, for tests of what all dialects share."""

from typing import Any

import httpx

FORESEEN = "/user/example_user"


PASSPORT = "/v1/user/find?id=42"


ANONYMOUS = {"Authorization": ""}


def foreseen_error(code: int, message: str) -> dict[str, Any]:
    return {"error_code": code, "error_message": message}


def passport_error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "msg": message, "data": None}


def assert_json(answer: httpx.Response, status: int, body: Any) -> None:
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["content-type"] == "application/json"
