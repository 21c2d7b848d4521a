"""account.resolve end to end: whom a notification reaches, and whom it does not."""

from typing import Any
from uuid import uuid4

import pytest

from models.store.totals import TotalsCheck
from models.users import User
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.sweeps import sweep_once

CROWD = 10_000


def name(prefix: str = "user") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


async def user_with(client: Client, **accounts: str) -> dict[str, Any]:
    given = [{"integration": integration, "account": account} for integration, account in accounts.items()]
    user: dict[str, Any] = await client.done("user.create", {"username": name(), "accounts": given})
    return user


async def link(stack: Stack, user: dict[str, Any], **links: list[int]) -> None:
    await stack.worker.dependencies.store.collection("users").update_one({"_id": user["id"]}, {"$set": links})


async def row_of(stack: Stack, collection: str, **fields: Any) -> int:
    """A role or group as it is stored, at an id of its own."""
    number = 1_000_000_000 + uuid4().int % 1_000_000_000
    row = {"_id": number, "code": str(number), "name": str(number), **fields}
    await stack.worker.dependencies.store.collection(collection).insert_one(row)
    return number


def unknown(**key: Any) -> dict[str, Any]:
    return {
        "reason": "unknown",
        "user_id": None,
        "username": None,
        "group_id": None,
        "role_id": None,
        "integration": None,
    } | key


async def test_the_first_integration_with_an_account_wins(client: Client) -> None:
    both = await user_with(client, lark=uuid4().hex, slack=uuid4().hex)
    late = await user_with(client, slack=uuid4().hex)
    none = await user_with(client, knock=uuid4().hex)
    found = await client.done(
        "account.resolve",
        {"user_ids": [none["id"], late["id"], both["id"]], "integrations": ["lark", "slack"]},
    )
    held = {account["integration"]: account["account"] for account in both["accounts"]}
    assert found["recipients"] == [
        {"user_id": both["id"], "username": both["username"], "integration": "lark", "account": held["lark"]},
        {
            "user_id": late["id"],
            "username": late["username"],
            "integration": "slack",
            "account": late["accounts"][0]["account"],
        },
    ]
    assert found["missing"] == [unknown(reason="no_account", user_id=none["id"], username=none["username"])]
    assert found["next"] is None


async def test_users_are_found_by_any_login_without_letter_case_and_once(client: Client) -> None:
    user = await user_with(client, lark=uuid4().hex)
    asked = {"usernames": [user["username"].upper(), user["username"]], "user_ids": [user["id"]]}
    found = await client.done("account.resolve", {**asked, "integrations": ["lark"]})
    assert [recipient["user_id"] for recipient in found["recipients"]] == [user["id"]]


async def test_whoever_does_not_exist_is_told_as_missing(client: Client) -> None:
    gone = await user_with(client, lark=uuid4().hex)
    await client.done("user.set_status", {"id": gone["id"], "status": -1})
    asked = {
        "user_ids": [gone["id"], 2_000_000_000],
        "usernames": ["nobody-at-all", gone["username"]],
        "group_ids": [999_999_999],
        "role_ids": [999_999_998],
    }
    found = await client.done("account.resolve", {**asked, "integrations": ["lark"]})
    assert found == {
        "recipients": [],
        "missing": [
            unknown(user_id=gone["id"]),
            unknown(user_id=2_000_000_000),
            unknown(username="nobody-at-all"),
            unknown(username=gone["username"]),
            unknown(group_id=999_999_999),
            unknown(role_id=999_999_998),
        ],
        "next": None,
    }


async def test_a_role_reaches_its_users_directly_and_through_their_groups(client: Client, stack: Stack) -> None:
    role = await row_of(stack, "roles", status=1)
    group = await row_of(stack, "groups", role_ids=[role])
    direct, member, other = [await user_with(client, lark=uuid4().hex) for _ in range(3)]
    await link(stack, direct, role_ids=[role], group_ids=[group])
    await link(stack, member, group_ids=[group])
    await link(stack, other, role_ids=[role + 1])
    found = await client.done("account.resolve", {"role_ids": [role], "integrations": ["lark"]})
    assert [recipient["user_id"] for recipient in found["recipients"]] == [direct["id"], member["id"]]
    assert found["missing"] == []
    found = await client.done("account.resolve", {"group_ids": [group], "integrations": ["lark"]})
    assert [recipient["user_id"] for recipient in found["recipients"]] == [direct["id"], member["id"]]


async def test_a_soft_deleted_role_reaches_nobody(client: Client, stack: Stack) -> None:
    role = await row_of(stack, "roles", status=-1)
    user = await user_with(client, lark=uuid4().hex)
    await link(stack, user, role_ids=[role])
    found = await client.done("account.resolve", {"role_ids": [role], "integrations": ["lark"]})
    assert (found["recipients"], found["missing"]) == ([], [unknown(role_id=role)])


async def test_ten_thousand_users_are_paged_without_gap_or_repeat(client: Client, stack: Stack) -> None:
    group = await row_of(stack, "groups", role_ids=[])
    first = 100_000_000 + uuid4().int % 1_000_000_000
    await _crowd(stack, first, group)
    reached: list[int] = []
    missing: list[int] = []
    after, pages = None, 0
    while pages == 0 or after is not None:
        asked = {"group_ids": [group], "integrations": ["lark", "slack"], "size": 1000}
        page = await client.done("account.resolve", asked | ({"after": after} if after else {}))
        assert len(page["recipients"]) + len(page["missing"]) <= 1000
        reached += [recipient["user_id"] for recipient in page["recipients"]]
        missing += [user["user_id"] for user in page["missing"]]
        after, pages = page["next"], pages + 1
    assert pages == CROWD // 1000
    assert reached == [first + number for number in range(CROWD) if number % 10]
    assert missing == [first + number for number in range(CROWD) if not number % 10]


async def _crowd(stack: Stack, first: int, group: int) -> None:
    """One user in ten without a fitting account."""
    rows = []
    for number in range(CROWD):
        user = User(id=first + number, username=f"crowd_{first + number}", group_ids=[group])
        integration = ("knock", "lark", "slack")[min(number % 10, 2)]
        account = {"account_id": first + number, "integration": integration, "account": f"crowd_{first + number}"}
        rows.append(user.to_row() | {"accounts": [account]})
    store = stack.worker.dependencies.store
    await store.collection("users").insert_many(rows, ordered=False)
    await sweep_once(TotalsCheck(store))


@pytest.mark.parametrize(
    "body",
    [
        {"integrations": ["lark"]},
        {"user_ids": [1], "integrations": []},
        {"user_ids": [1], "integrations": ["lark"], "size": 1001},
        {"user_ids": [1], "integrations": ["lark"], "after": "behind"},
        {"user_ids": [1] * 1001, "integrations": ["lark"]},
    ],
)
async def test_a_question_that_does_not_fit_is_invalid(client: Client, body: dict[str, Any]) -> None:
    problem = await client.refused("account.resolve", body)
    assert (problem["kind"], problem["code"]) == ("invalid", "message.invalid")


async def test_an_integration_that_does_not_exist_is_missing_once_for_all_pages(client: Client) -> None:
    users = [await user_with(client, lark=uuid4().hex) for _ in range(2)]
    question = {
        "user_ids": [user["id"] for user in users],
        "integrations": ["larkk", "LARK", "lark", "larkk"],
        "size": 1,
    }
    first = await client.done("account.resolve", question)
    second = await client.done("account.resolve", {**question, "after": first["next"]})
    named = [unknown(reason="integration.not_found", integration=name) for name in ("larkk", "LARK")]
    assert (first["missing"], second["missing"]) == (named, [])
    assert [page["recipients"][0]["integration"] for page in (first, second)] == ["lark", "lark"]
