"""Account actions of foreseen, `PUT /user/{username}`, on the whole stack."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support import foreseen
from tests.support.hostile_input import NOT_JSON, NOT_TEXTS, WHITE, long_text

TAKEN = (409, 4093, "account already exist")
NO_ACCOUNT = (404, 4041, "account not exist")
NO_INTEGRATION = (404, 4041, "integration not found")
NO_USER = (404, 4041, "user not exist")


def create_action(integration: str = "lark", account_id: str | None = None) -> dict[str, Any]:
    return {"action": "create", **foreseen.account(integration, account_id)}


async def create_user(http: httpx.AsyncClient, *actions: dict[str, Any]) -> str:
    """The username of a new user with the accounts of these actions."""
    accounts = [{key: value for key, value in action.items() if key != "action"} for action in actions]
    username: str = (await foreseen.create_user(http, accounts=accounts))["username"]
    return username


async def apply_actions(http: httpx.AsyncClient, username: str, body: Any) -> httpx.Response:
    return await http.put(f"/user/{username}", json=body)


async def assert_refused(http: httpx.AsyncClient, username: str, body: Any, status: int, code: int, text: str) -> None:
    foreseen.assert_refused(await apply_actions(http, username, body), status, code, text)


async def read_accounts(http: httpx.AsyncClient, username: str) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = (await http.get(f"/user/{username}")).json()["data"]["accounts"]
    return stored


@pytest.mark.parametrize("wrapped", [False, True])
async def test_actions_are_applied_in_order_and_answered_bare(http: httpx.AsyncClient, wrapped: bool) -> None:
    username = await create_user(http, create_action("slack"), create_action("dingtalk"))
    number = (await read_accounts(http, username))[1]["account_id"]
    ding, tube = foreseen.new_name("ou"), foreseen.new_name("ou")
    actions = [
        {"action": "delete", "integration": "slack"},
        {"action": "update", "integration": "dingtalk", "account_id": ding},
        create_action("youtrack", tube),
    ]
    answer = await apply_actions(http, username, {"accounts": actions} if wrapped else actions)
    expected = [{"integration": "dingtalk", "account_id": ding}, {"integration": "youtrack", "account_id": tube}]
    assert answer.status_code == 200
    assert answer.json() == {"username": username, "usertype": "user", "accounts": expected}
    assert list(answer.json()) == ["username", "usertype", "accounts"]
    stored = await read_accounts(http, username)
    assert [(row["integration"], row["account"]) for row in stored] == [("dingtalk", ding), ("youtrack", tube)]
    assert stored[0]["account_id"] == number


@pytest.mark.parametrize("body", [[], {"accounts": []}])
async def test_no_action_changes_nothing(http: httpx.AsyncClient, body: Any) -> None:
    username = await create_user(http, create_action())
    before = await read_accounts(http, username)
    assert (await apply_actions(http, username, body)).status_code == 200
    assert await read_accounts(http, username) == before
    await assert_refused(http, "nobody", body, *NO_USER)


async def test_each_action_sees_the_one_before(http: httpx.AsyncClient) -> None:
    username, again = await create_user(http, create_action()), foreseen.new_name("ou")
    answer = await apply_actions(
        http, username, [{"action": "delete", "integration": "lark"}, create_action("lark", again)]
    )
    assert answer.json()["accounts"] == [{"integration": "lark", "account_id": again}]
    await assert_refused(http, username, [{"action": "delete", "integration": "lark"}] * 2, *NO_ACCOUNT)
    assert len(await read_accounts(http, username)) == 1


async def test_the_alias_is_taken_and_what_delete_does_not_need_is_ignored(http: httpx.AsyncClient) -> None:
    username, name = await create_user(http, create_action("slack")), foreseen.new_name("ou")
    actions = [
        {"action": " create ", "integration": " lark ", "account": f" {name} "},
        {"action": "delete", "integration": "slack", "account_id": {"$gt": ""}, "account": 1},
    ]
    assert (await apply_actions(http, username, actions)).json()["accounts"] == [
        {"integration": "lark", "account_id": name}
    ]


async def test_one_failing_action_leaves_the_user_unchanged(http: httpx.AsyncClient) -> None:
    username = await create_user(http, create_action("slack"))
    before = await read_accounts(http, username)
    gone = {"action": "delete", "integration": "slack"}
    await assert_refused(
        http, username, [gone, create_action(), {"action": "delete", "integration": "knock"}], *NO_ACCOUNT
    )
    await assert_refused(http, username, [gone, create_action(), create_action()], *TAKEN)
    await assert_refused(http, username, [gone, create_action("nosuch")], *NO_INTEGRATION)
    assert await read_accounts(http, username) == before


async def test_an_account_is_one_users(http: httpx.AsyncClient) -> None:
    theirs = create_action()
    await create_user(http, theirs)
    username = await create_user(http, create_action("slack"))
    await assert_refused(http, username, [theirs], *TAKEN)
    await assert_refused(http, username, [create_action("slack")], *TAKEN)
    await apply_actions(http, username, [create_action()])
    await assert_refused(http, username, [theirs | {"action": "update"}], *TAKEN)
    await assert_refused(http, username, [create_action("knock") | {"action": "update"}], *NO_ACCOUNT)


async def test_of_concurrent_requests_for_one_account_one_succeeds(http: httpx.AsyncClient) -> None:
    names, wanted = [await create_user(http) for _ in range(8)], create_action()
    answers = await asyncio.gather(*(apply_actions(http, username, [wanted]) for username in names))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_fields_come_before_the_user_the_user_before_integrations_these_before_accounts(
    http: httpx.AsyncClient,
) -> None:
    broken, unknown, clash = {"action": "x", "integration": "lark"}, create_action("nosuch"), create_action("slack")
    username = await create_user(http, create_action("slack"))
    await assert_refused(http, "nobody", [unknown, broken], 400, 4001, "invalid arguments: [1].action")
    await assert_refused(http, "nobody", [unknown], *NO_USER)
    await assert_refused(http, username, [clash, unknown], *NO_INTEGRATION)


async def test_a_user_is_found_by_any_login_in_any_letter_case(http: httpx.AsyncClient) -> None:
    username = await create_user(http)
    assert (await apply_actions(http, username.upper(), [create_action()])).json()["username"] == username
    await assert_refused(http, "%00", [create_action()], *NO_USER)


ITEM = create_action("lark", "x")
NOT_ITEMS: list[Any] = [None, 1, "x", True, []]
MISSING: list[dict[str, Any]] = [{}, {"accounts": None}, {"actions": []}]
FAULTS: list[tuple[Any, int, str]] = [
    *((item, 4001, "invalid arguments: {}") for item in NOT_ITEMS),
    ({}, 4006, "missing required field: {}.action"),
    (ITEM | {"action": None}, 4006, "missing required field: {}.action"),
    *((ITEM | {"action": v}, 4001, "invalid arguments: {}.action") for v in (*NOT_TEXTS, *WHITE, "CREATE", "drop")),
    (ITEM | {"integration": None}, 4006, "missing required field: {}.integration"),
    *((ITEM | {"integration": v}, 4001, "invalid arguments: {}.integration") for v in (*NOT_TEXTS, *WHITE)),
    (ITEM | {"account_id": None}, 4006, "missing required field: {}.account_id"),
    *((ITEM | {"account_id": v}, 4001, "invalid arguments: {}.account_id") for v in (*NOT_TEXTS, *WHITE, long_text())),
    (ITEM | {"account": "other"}, 4001, "invalid arguments: {}.account_id"),
    (ITEM | {"action": "update", "account_id": None}, 4006, "missing required field: {}.account_id"),
]


@pytest.mark.parametrize(("item", "code", "message"), FAULTS)
async def test_the_first_error_of_an_item_is_reported_with_its_index(
    http: httpx.AsyncClient, item: Any, code: int, message: str
) -> None:
    await assert_refused(http, "nobody", [item], 400, code, message.format("[0]"))
    await assert_refused(http, "nobody", {"accounts": [ITEM, item]}, 400, code, message.format("accounts[1]"))


@pytest.mark.parametrize("value", [1, "x", True, {}, [ITEM] * 101])
async def test_the_list_itself_can_be_wrong(http: httpx.AsyncClient, value: Any) -> None:
    await assert_refused(http, "nobody", {"accounts": value}, 400, 4001, "invalid arguments: accounts")
    await assert_refused(http, "nobody", [ITEM] * 101, 400, 4001, "invalid arguments: accounts")
    for missing in MISSING:
        await assert_refused(http, "nobody", missing, 400, 4006, "missing required field: accounts")


async def test_what_the_bus_cannot_carry_is_too_large(http: httpx.AsyncClient) -> None:
    username = await create_user(http)
    body = [create_action("账" * 255, "户" * 255)] * 100
    await assert_refused(http, username, body, 413, 4131, "request body too large")
    assert await read_accounts(http, username) == []


@pytest.mark.parametrize("body", [*NOT_JSON, b"null", b"1", b'"text"', b"true", b""])
async def test_a_body_that_is_neither_list_nor_object_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.put("/user/nobody", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, 4005)
    assert answer.json()["error_message"].startswith("invalid request body: ")
