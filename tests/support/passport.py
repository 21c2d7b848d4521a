"""Requests to passport."""

from typing import Any
from uuid import uuid4

import httpx

CREATE, UPDATE, FIELD = "/v1/user/create", "/v1/user/update", "/v1/user/update_field"
FIND, SEARCH = "/v1/user/find", "/v1/user/search"

TAKEN = (3000205, "邮箱已存在！")


BAD = (30001, "请求参数错误")


UNKNOWN = (3000201, "管理员不存在！")


def address() -> str:
    return f"a{uuid4().hex[:12]}@example.com"


def person(**changed: Any) -> dict[str, Any]:
    return {
        "name": "admin",
        "email": address(),
        "mobile": "18311413962",
        "position": "技术负责人",
        "password": "correct-6",
        **changed,
    }


async def post(http: httpx.AsyncClient, path: str, body: Any) -> Any:
    answer = await http.post(path, json=body)
    assert answer.status_code == 200
    assert list(answer.json()) == ["code", "msg", "data"]
    return answer.json()


async def create_user(http: httpx.AsyncClient, **changed: Any) -> int:
    answer = await post(http, CREATE, person(**changed))
    assert (answer["code"], answer["msg"]) == (0, "")
    number: int = answer["data"]
    return number


async def find_user(http: httpx.AsyncClient, number: Any) -> Any:
    return (await http.get(FIND, params={"id": number})).json()


async def assert_refused(http: httpx.AsyncClient, path: str, body: Any, code: int, message: str) -> None:
    assert await post(http, path, body) == {"code": code, "msg": message, "data": None}
