"""The samples of foreseen's document (000), sent and compared."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.support import foreseen
from tests.support.client import Client
from tests.support.golden import delete_users, has_shape

USER = "/user/example_user"

READ = """{"error_code": 0, "error_message": "success", "data": {"user_id": 114514, "username": "example_user",
"usertype": "user", "accounts": [{"account_id": 1919810, "integration": "knock", "account": "GTR_1145141919810"}]}}"""
CREATE_WITH_ACCOUNT = """{"username": "example_user", "usertype": "user",
"accounts": [{"integration": "lark", "account_id": "ou_1145141919810"}]}"""
CREATE_ONLY = """{"username": "example_user", "usertype": "user"}"""
CREATED = """{"error_code": 0, "error_message": "success", "data": {"user_id": 114514, "username": "example_user",
"usertype": "user", "accounts": [{"account_id": 1919810, "integration": "lark", "account": "ou_1145141919810"}]}}"""
SINGLE_TYPE = """[
    {
        "action": "create",
        "integration": "lark",
        "account_id": "ou_1145141919810"
    },
    {
        "action": "create",
        "integration": "knock"
        "account_id": "GTR_1145141919810"
    }
]"""
MIXED_TYPE = """[
    {
        "action": "delete",
        "integration": "slack"
    }
    {
        "action": "update",
        "integration": "dingtalk",
        "account_id": "1145141919810"
    },
    {
        "action": "create",
        "integration": "youtrack",
        "account_id": "1145141919810"
    }
]"""
CHANGED = """{"username": "example_user", "usertype": "user",
"accounts": [{"integration": "lark", "account_id": "ou_1145141919810"}]}"""
UNAUTHORIZED = """{"error_code": 4011, "error_message": "invalid authorization token"}"""
NO_USER = """{"error_code": 4041, "error_message": "user not exist"}"""
NO_INTEGRATION = """{"error_code": 4041, "error_message": "integration not found"}"""
USER_EXISTS = """{"error_code": 4092, "error_message": "user already exist"}"""
ACCOUNT_EXISTS = """{"error_code": 4093, "error_message": "account already exist"}"""


def add_commas(sample: str) -> str:
    """The sample with the commas that are missing in it."""
    return re.sub(r'(["}])(\s*\n\s*)(["{])', r"\1,\2\3", sample)


@pytest.fixture(autouse=True)
async def no_sample_users(client: Client) -> None:
    """The users of the samples do not exist."""
    await delete_users(client, "example_user", "other_user")


async def create_user(http: httpx.AsyncClient, **accounts: str) -> None:
    given = [{"integration": name, "account_id": account} for name, account in accounts.items()]
    await foreseen.create_user(http, username="example_user", accounts=given)


def assert_documented(answer: httpx.Response, status: int, sample: str) -> None:
    """The answer equals the sample except for our own ids."""
    body, expected = answer.json(), json.loads(sample)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert has_shape(body, expected)
    assert _mask_numbers(body) == _mask_numbers(expected)


def _mask_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        numbers = ("user_id", "account_id")
        return {
            key: 0 if key in numbers and type(inner) is int else _mask_numbers(inner) for key, inner in value.items()
        }
    return [_mask_numbers(item) for item in value] if isinstance(value, list) else value


async def test_read_success(http: httpx.AsyncClient) -> None:
    await create_user(http, knock="GTR_1145141919810")
    assert_documented(await http.get(USER), 200, READ)


async def test_read_authorization_error(visitor: httpx.AsyncClient) -> None:
    assert_documented(await visitor.get(USER), 401, UNAUTHORIZED)


async def test_read_user_not_found(http: httpx.AsyncClient) -> None:
    assert_documented(await http.get(USER), 404, NO_USER)


async def test_create_with_account(http: httpx.AsyncClient) -> None:
    assert_documented(await http.post("/user", content=CREATE_WITH_ACCOUNT), 200, CREATED)


async def test_create_only(http: httpx.AsyncClient) -> None:
    answer = await http.post("/user", content=CREATE_ONLY)
    assert_documented(answer, 200, json.dumps(json.loads(CREATED) | {"data": answer.json()["data"] | {"accounts": []}}))
    assert answer.json()["data"]["username"] == "example_user"


async def test_create_authorization_error(visitor: httpx.AsyncClient) -> None:
    assert_documented(await visitor.post("/user", content=CREATE_ONLY), 401, UNAUTHORIZED)


async def test_create_integration_not_found(http: httpx.AsyncClient) -> None:
    answer = await http.post("/user", content=CREATE_WITH_ACCOUNT.replace("lark", "lurk"))
    assert_documented(answer, 404, NO_INTEGRATION)


async def test_create_user_exist(http: httpx.AsyncClient) -> None:
    await create_user(http)
    assert_documented(await http.post("/user", content=CREATE_ONLY), 409, USER_EXISTS)


async def test_create_account_exist(http: httpx.AsyncClient) -> None:
    await create_user(http, lark="ou_1145141919810")
    answer = await http.post("/user", content=CREATE_WITH_ACCOUNT.replace("example_user", "other_user"))
    assert_documented(answer, 409, ACCOUNT_EXISTS)


async def test_change_single_type_actions(http: httpx.AsyncClient) -> None:
    await create_user(http)
    answer = await http.put(USER, content=add_commas(SINGLE_TYPE))
    both = json.loads(CHANGED)
    both["accounts"].append({"integration": "knock", "account_id": "GTR_1145141919810"})
    assert_documented(answer, 200, json.dumps(both))


async def test_change_mixed_type_actions(http: httpx.AsyncClient) -> None:
    await create_user(http, slack="a", dingtalk="b")
    answer = await http.put(USER, content=add_commas(MIXED_TYPE))
    accounts = [{"integration": name, "account_id": "1145141919810"} for name in ("dingtalk", "youtrack")]
    assert_documented(answer, 200, json.dumps(json.loads(CHANGED) | {"accounts": accounts}))


@pytest.mark.parametrize("sample", [SINGLE_TYPE, MIXED_TYPE])
async def test_json_without_its_commas_is_none(http: httpx.AsyncClient, sample: str) -> None:
    answer = await http.put(USER, content=sample)
    assert (answer.status_code, answer.json()["error_code"]) == (400, 4005)


async def test_change_success(http: httpx.AsyncClient) -> None:
    await create_user(http)
    answer = await http.put(USER, json=json.loads(add_commas(SINGLE_TYPE))[:1])
    assert_documented(answer, 200, CHANGED)


async def test_change_authorization_error(visitor: httpx.AsyncClient) -> None:
    assert_documented(await visitor.put(USER, content=add_commas(SINGLE_TYPE)), 401, UNAUTHORIZED)


async def test_change_integration_not_found(http: httpx.AsyncClient) -> None:
    await create_user(http)
    assert_documented(
        await http.put(USER, content=add_commas(SINGLE_TYPE).replace("lark", "lurk")), 404, NO_INTEGRATION
    )


async def test_change_user_exist_cannot_happen_since_names_are_not_edited(http: httpx.AsyncClient) -> None:
    await create_user(http)
    await http.post("/user", json={"username": "other_user", "usertype": "user"})
    body = json.loads(CHANGED) | {"username": "other_user", "accounts": json.loads(add_commas(SINGLE_TYPE))[:1]}
    assert_documented(await http.put(USER, json=body), 200, CHANGED)


async def test_change_account_exist(http: httpx.AsyncClient) -> None:
    await create_user(http, lark="ou_1145141919810")
    assert_documented(await http.put(USER, content=add_commas(SINGLE_TYPE)), 409, ACCOUNT_EXISTS)
