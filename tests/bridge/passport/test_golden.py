"""The samples of passport's document (002), sent and compared."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.golden import delete_users, has_shape

NUMBER = """{
  "code": 0,
  "msg": "",
  "data": 2
}"""
TRUE = """{
  "code": 0,
  "msg": "",
  "data": true
}"""
ONE = """{
  "code": 0,
  "msg": "",
  "data": 1
}"""
FOUND = """{
  "code": 0,
  "msg": "",
  "data": {
    "id": 1, // ID
    "name": "admin", // 姓名
    "email": "admin@gmail.com", // 邮箱
    "mobile": "18311413962", // 手机号
    "position": "技术负责人", // 职位
    "status": 1, // 状态 {-1：删除；1：正常；}
    "root": 1, // 超级管理员 {0：否；1：是；}
    "sort": 1, // 排序（正序）
    "mtime": "2020-09-06 12:54:51",
    "ctime": "2020-08-27 17:08:08",
    "role_list": [ // 拥有的角色列表
      {
        "user_id": 1, // 管理员 ID
        "role_id": 1, // 角色 ID
        "name": "超级管理员", // 角色名称
        "admin": 1 // 角色是否是 超级管理员 {0：否；1：是；}
      }
    ]
  }
}"""
LISTED = """{
  "code": 0,
  "msg": "",
  "data": {
    "p": 1, // 页码
    "size": 20, // 每页条数
    "total": 2, // 总条数
    "next": 0, // 是否有下一页 {0：没有；1：有；}
    "list": [ // 用户列表
      {
        "id": 1, // 用户 ID
        "name": "admin", // 姓名
        "email": "admin@gmail.com", // 邮箱
        "mobile": "18311413962", // 手机号
        "position": "技术负责人", // 职位
        "mtime": "2020-09-06 12:54:51",
        "ctime": "2020-08-27 17:08:08",
        "sort": 1, // 排序
        "root": 1, // 超级管理员 {0：否；1：是；}
        "role_list": [ // 拥有的角色列表
          {
            "user_id": 1, // 管理员 ID
            "role_id": 1, // 角色 ID
            "name": "超级管理员", // 角色名称
            "admin": 1 // 角色是否是 超级管理员 {0：否；1：是；}
          }
        ]
      },
      {
        "id": 5,
        "name": "test",
        "email": "test@qq.com",
        "mobile": "18888888888",
        "position": "测试工程师",
        "mtime": "2020-11-28 12:26:36",
        "ctime": "2020-11-28 08:14:38",
        "sort": 99,
        "root": 0,
        "role_list": []
      }
    ]
  }
}"""
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
OURS = ("id", "user_id", "role_id", "root", "sort", "mtime", "ctime")

ADMIN = {"name": "admin", "email": "admin@gmail.com", "mobile": "18311413962", "position": "技术负责人"}
TEST = {"name": "test", "email": "test@qq.com", "mobile": "18888888888", "position": "测试工程师"}


def parse_sample(sample: str) -> Any:
    """The sample without its comments."""
    return json.loads(re.sub(r"\s*//.*", "", sample))


def documented_data(answer: httpx.Response, sample: str) -> Any:
    """The data of an answer that equals the sample except for our own ids and times."""
    body, expected = answer.json(), parse_sample(sample)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert has_shape(body, expected)
    assert (body["code"], body["msg"]) == (0, "")
    return body["data"]


def assert_same_user(user: Any, sample: Any) -> None:
    for key in sample:
        if key == "role_list":
            assert [(role["name"], role["admin"]) for role in user[key]] == [
                (role["name"], role["admin"]) for role in sample[key]
            ]
            assert {role["user_id"] for role in user[key]} <= {user["id"]}
        elif key not in OURS:
            assert user[key] == sample[key]
    assert TIME.fullmatch(user["mtime"])
    assert TIME.fullmatch(user["ctime"])


@pytest.fixture(autouse=True)
async def no_sample_users(client: Client) -> None:
    """The users of the samples do not exist."""
    await delete_users(client, ADMIN["email"], TEST["email"])


@pytest.fixture
async def role(client: Client) -> str:
    return str((await client.done("role.create", {"name": "超级管理员", "admin": 1}))["id"])


async def create_user(http: httpx.AsyncClient, person: dict[str, str], **more: str) -> httpx.Response:
    return await http.post("/v1/user/create", json={**person, "password": "123.qwe", **more})


async def test_create(http: httpx.AsyncClient, role: str) -> None:
    assert documented_data(await create_user(http, ADMIN, role_id=role), NUMBER) > 0


async def test_update(http: httpx.AsyncClient, role: str) -> None:
    number = documented_data(await create_user(http, TEST), NUMBER)
    body = {"id": number, **ADMIN, "password": "123.qwe", "role_id": role}
    assert documented_data(await http.post("/v1/user/update", json=body), TRUE) is True


@pytest.mark.parametrize("status", [-1, 1])
async def test_update_field(http: httpx.AsyncClient, status: int) -> None:
    number = documented_data(await create_user(http, TEST), NUMBER)
    answer = await http.post("/v1/user/update_field", json={"id": number, "status": status})
    assert documented_data(answer, ONE) == 1


async def test_find(http: httpx.AsyncClient, role: str) -> None:
    number = documented_data(await create_user(http, ADMIN, role_id=role), NUMBER)
    user = documented_data(await http.get("/v1/user/find", params={"id": number}), FOUND)
    assert_same_user(user, parse_sample(FOUND)["data"])


async def test_search(http: httpx.AsyncClient, role: str) -> None:
    first = documented_data(await create_user(http, ADMIN, role_id=role), NUMBER)
    second = documented_data(await create_user(http, TEST), NUMBER)
    for number, sample in zip((first, second), parse_sample(LISTED)["data"]["list"], strict=True):
        page = documented_data(await http.get("/v1/user/search", params={"id": number, "p": 1, "size": 20}), LISTED)
        (user,) = page["list"]
        assert (page["p"], page["size"], page["total"], page["next"]) == (1, 20, 1, 0)
        assert user["id"] == number
        assert_same_user(user, sample)
