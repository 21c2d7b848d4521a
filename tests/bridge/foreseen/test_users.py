"""Users of foreseen on the whole stack."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.foreseen import account, assert_refused, new_name, user
from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, NOT_TEXTS, WHITE, long_text
from tests.support.scripted_worker import failed_reply

EXISTS = (409, 4092, "user already exist")
UNKNOWN = {"error_code": 4041, "error_message": "user not exist"}


async def assert_create_refused(http: httpx.AsyncClient, body: Any, status: int, code: int, message: str) -> None:
    assert_refused(await http.post("/user", json=body), status, code, message)


async def test_a_user_with_an_account_is_created_and_read(http: httpx.AsyncClient) -> None:
    lark = account()
    body = user(accounts=[lark])
    created = await http.post("/user", json=body)
    assert created.status_code == 200
    assert list(created.json()) == ["error_code", "error_message", "data"]
    assert (created.json()["error_code"], created.json()["error_message"]) == (0, "success")
    data = created.json()["data"]
    (stored,) = data["accounts"]
    assert list(data) == ["user_id", "username", "usertype", "accounts"]
    assert (data["username"], data["usertype"]) == (body["username"], "user")
    assert stored == {"account_id": stored["account_id"], "integration": "lark", "account": lark["account_id"]}
    assert isinstance(data["user_id"], int)
    assert isinstance(stored["account_id"], int)
    read = await http.get(f"/user/{body['username']}")
    assert (read.status_code, read.json()) == (200, created.json())


@pytest.mark.parametrize("accounts", [{}, {"accounts": None}, {"accounts": []}])
async def test_accounts_may_be_left_out(http: httpx.AsyncClient, accounts: dict[str, Any]) -> None:
    assert (await http.post("/user", json=user(**accounts))).json()["data"]["accounts"] == []


@pytest.mark.parametrize("usertype", ["user", "group", "integration"])
async def test_every_usertype_is_kept(http: httpx.AsyncClient, usertype: str) -> None:
    assert (await http.post("/user", json=user(usertype=usertype))).json()["data"]["usertype"] == usertype


async def test_accounts_are_listed_by_their_number(http: httpx.AsyncClient) -> None:
    given = [account(integration) for integration in ("slack", "lark", "knock")]
    accounts = (await http.post("/user", json=user(accounts=given))).json()["data"]["accounts"]
    assert [row["integration"] for row in accounts] == ["slack", "lark", "knock"]
    numbers = [row["account_id"] for row in accounts]
    assert numbers == sorted(numbers)


async def test_texts_are_trimmed_unknown_keys_ignored_and_the_alias_taken(http: httpx.AsyncClient) -> None:
    username, external = new_name(), uuid4().hex
    accounts = [{"integration": " lark ", "account": f" {external} "}]
    body = {"username": f"  {username}\n", "usertype": " user ", "accounts": accounts, "id": 1, "root": 1}
    user = (await http.post("/user", json=body)).json()["data"]
    assert user["username"] == username
    assert user["accounts"][0]["account"] == external


async def test_the_body_is_json_whatever_its_content_type(http: httpx.AsyncClient) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        content = f'{{"username":"{new_name()}","usertype":"user"}}'
        answer = await http.post("/user", content=content, headers={"Content-Type": media})
        assert answer.status_code == 200


async def test_letter_case_of_a_name_does_not_matter(http: httpx.AsyncClient) -> None:
    username = new_name()
    await http.post("/user", json=user(username=username.title()))
    read = await http.get(f"/user/{username.upper()}")
    assert read.json()["data"]["username"] == username.title()
    await assert_create_refused(http, user(username=username), *EXISTS)


async def test_names_of_any_script_are_kept(http: httpx.AsyncClient) -> None:
    username = f"用户 {uuid4().hex[:6]}😀%+?#"
    assert (await http.post("/user", json=user(username=username))).status_code == 200
    assert (await http.get(httpx.URL("/user/").join(_quoted(username)))).json()["data"]["username"] == username


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize(
    "path", ["nobody", "-1", "0", str(2**63), "1%20or%201%3D1", "%7B%22%24gt%22%3A%22%22%7D", "%00"]
)
async def test_an_unknown_user_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(f"/user/{path}")
    assert (answer.status_code, answer.json()) == (404, UNKNOWN)


async def test_an_unknown_integration_leaves_nothing_behind(http: httpx.AsyncClient) -> None:
    username = new_name()
    body = user(username=username, accounts=[account(), account("nosuch")])
    await assert_create_refused(http, body, 404, 4041, "integration not found")
    assert (await http.get(f"/user/{username}")).status_code == 404
    await assert_create_refused(http, user(accounts=[account("LARK")]), 404, 4041, "integration not found")


async def test_an_account_belongs_to_one_user(http: httpx.AsyncClient) -> None:
    lark, username = account(), new_name()
    assert (await http.post("/user", json=user(accounts=[lark]))).status_code == 200
    await assert_create_refused(http, user(username=username, accounts=[lark]), 409, 4093, "account already exist")
    assert (await http.get(f"/user/{username}")).status_code == 404
    assert (await http.post("/user", json=user(accounts=[account("slack", lark["account_id"])]))).status_code == 200


async def test_one_integration_twice_is_an_account_clash(http: httpx.AsyncClient) -> None:
    await assert_create_refused(http, user(accounts=[account(), account()]), 409, 4093, "account already exist")


async def test_the_name_is_checked_before_integrations_and_these_before_accounts(http: httpx.AsyncClient) -> None:
    username, lark = new_name(), account()
    await http.post("/user", json=user(username=username, accounts=[lark]))
    await assert_create_refused(http, user(username=username, accounts=[lark, account("nosuch")]), *EXISTS)
    await assert_create_refused(http, user(accounts=[lark, account("nosuch")]), 404, 4041, "integration not found")


async def test_of_concurrent_requests_for_one_name_one_succeeds(http: httpx.AsyncClient) -> None:
    username = new_name()
    answers = await asyncio.gather(*(http.post("/user", json=user(username=username)) for _ in range(20)))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200] + [409] * 19


async def test_the_same_key_creates_one_user(http: httpx.AsyncClient) -> None:
    body, key = user(), {"Idempotency-Key": uuid4().hex}
    answers = [await http.post("/user", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


BAD_NAMES: list[Any] = [
    *NOT_TEXTS,
    *WHITE,
    long_text(),
    "a/b",
    ".",
    "..",
    "a\0b",
    "a\x80b",
    "a\ue000b",
    "a\u0378b",
    "a" * 256,
]
BAD_ACCOUNTS: list[Any] = [*NOT_TEXTS, *WHITE, long_text(), "a\x7f"]
NOT_ACCOUNTS: list[Any] = [{}, "x", 1, True, [account()] * 101]
FAULTS: list[tuple[dict[str, Any], int, str]] = [
    ({"username": None}, 4006, "missing required field: username"),
    ({"usertype": None}, 4006, "missing required field: usertype"),
    *(({"username": value}, 4001, "invalid arguments: username") for value in BAD_NAMES),
    *(({"usertype": value}, 4001, "invalid arguments: usertype") for value in (*NOT_TEXTS, *WHITE, "root", "USER")),
    *(({"accounts": value}, 4001, "invalid arguments: accounts") for value in NOT_ACCOUNTS),
    *(({"accounts": [value]}, 4001, "invalid arguments: accounts[0]") for value in [None, *NOT_ACCOUNTS[1:]]),
    ({"accounts": [{}]}, 4006, "missing required field: accounts[0].integration"),
    ({"accounts": [{"integration": "lark"}]}, 4006, "missing required field: accounts[0].account_id"),
    ({"accounts": [account(), {"integration": 1}]}, 4001, "invalid arguments: accounts[1].integration"),
    ({"accounts": [account() | {"account": "other"}]}, 4001, "invalid arguments: accounts[0].account_id"),
    *(
        (
            {"accounts": [{"integration": "lark", "account_id": value}]},
            4001,
            "invalid arguments: accounts[0].account_id",
        )
        for value in BAD_ACCOUNTS
    ),
    ({"username": 1, "usertype": None}, 4001, "invalid arguments: username"),
]


@pytest.mark.parametrize(("changed", "code", "message"), FAULTS)
async def test_the_first_error_of_a_field_is_reported(
    http: httpx.AsyncClient, changed: dict[str, Any], code: int, message: str
) -> None:
    await assert_create_refused(http, user(**changed), 400, code, message)


@pytest.mark.parametrize("body", [*NOT_JSON, *NOT_OBJECTS, b""])
async def test_a_body_that_is_no_json_object_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/user", content=body)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == 4005
    assert answer.json()["error_message"].startswith("invalid request body: ")
    unknown = await http.post("/user", content=body, headers={"Authorization": "wrong"})
    assert unknown.status_code == 401


async def test_a_username_of_mixed_scripts_is_a_wrong_username(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.create", failed_reply("user.username_mixed", "invalid"))
    await assert_create_refused(bridge.client, user(), 400, 4001, "invalid arguments: username")
