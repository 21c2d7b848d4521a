"""user.import end to end: rows judged one by one, foreign hashes, conflicts, events, races."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.stack import Stack

BCRYPT = "$2b$12$EXRkfkdmXn2gzds2SSitu.MW9.gAVqa9eLS1//RYtYCmB1eLHg.9q"


def name(prefix: str = "user") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    mark = uuid4().hex[:10]
    return [{"username": f"row_{mark}_{number}", **fields} for number in range(count)]


async def imported(client: Client, users: list[Any], **options: Any) -> Any:
    return await client.done("user.import", {"users": users, **options})


async def failures(client: Client, users: list[Any], **options: Any) -> dict[int, str]:
    outcome = await imported(client, users, **options)
    assert outcome["created"] + outcome["skipped"] + len(outcome["failed"]) == len(users)
    return {row["index"]: row["problem"]["code"] for row in outcome["failed"]}


async def test_a_thousand_users_are_imported_at_once(client: Client) -> None:
    users = rows(1000, name="Somebody", password_hash=BCRYPT)
    assert await imported(client, users) == {"created": 1000, "skipped": 0, "failed": [], "without_password": []}
    first, last = [await client.done("user.get", {"username": users[number]["username"]}) for number in (0, 999)]
    assert last["id"] == first["id"] + 999
    assert first["name"] == "Somebody"


async def test_an_imported_user_has_what_the_row_gave(client: Client, stack: Stack) -> None:
    account = uuid4().hex
    row = rows(1)[0] | {"email": f"{name()}@example.com", "usertype": "group", "password_hash": BCRYPT}
    assert await failures(client, [row | {"accounts": [{"integration": "lark", "account": account}]}]) == {}
    user = await client.done("user.get", {"email": row["email"]})
    assert (user["username"], user["usertype"]) == (row["username"], "group")
    assert [(held["integration"], held["account"]) for held in user["accounts"]] == [("lark", account)]
    stored = await stack.worker.dependencies.store.collection("users").find_one({"_id": user["id"]})
    assert stored["password"] == BCRYPT


async def test_each_created_user_is_told_once_and_without_its_hash(client: Client) -> None:
    events = await client.events("user.*", "account.*", "role.*")
    users = rows(3, password_hash=BCRYPT, accounts=[])
    users[0]["accounts"] = [{"integration": "slack", "account": uuid4().hex}]
    await imported(client, users)
    await client.done("user.create", {"username": (last := name())})
    created: dict[str, dict[str, Any]] = {}
    while last not in created:
        event = await events.next()
        if event["data"]["username"] in {last, *(user["username"] for user in users)}:
            assert event["data"]["username"] not in created
            created[event["data"]["username"]] = event
    assert created.keys() == {last, *(user["username"] for user in users)}
    assert {event["type"] for event in created.values()} == {"userbus.user.created.v1"}
    assert {event["sequence"] for event in created.values()} == {1}
    assert created[users[0]["username"]]["data"]["accounts"][0]["integration"] == "slack"
    assert BCRYPT not in json.dumps(created)


async def test_a_faulty_row_fails_alone_and_says_why(client: Client) -> None:
    users: list[dict[str, Any]] = [
        {"name": "nobody can sign in"},
        {"username": name()},
        {"username": 7},
        {"username": name(), "password": "plain text"},
        {"username": name(), "password_hash": "plain text"},
        {"username": name(), "password_hash": "$2b$20$" + "x" * 53},
        {"username": name(), "role_ids": [999_999_999]},
        {"username": name(), "group_ids": [999_999_999]},
        {"username": name(), "accounts": [{"integration": "nowhere", "account": "a"}]},
        {"username": name(), "accounts": [{"integration": "lark", "account": x} for x in "ab"]},
    ]
    codes = ["message.invalid", "message.invalid", "message.invalid", "password.hash_refused", "password.hash_refused"]
    codes += ["role.not_found", "group.not_found", "integration.not_found", "account.taken"]
    assert await failures(client, users) == dict(zip([0, *range(2, 10)], codes, strict=True))
    assert await client.done("user.check_taken", {"username": users[1]["username"]})
    assert (await client.refused("user.get", {"username": users[6]["username"]}))["code"] == "user.not_found"


async def test_a_refused_hash_says_why_and_not_what_it_is(client: Client) -> None:
    hashes = {
        "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7": "unknown_scheme",
        "$2b$10$short": "malformed",
        "$2b$20$" + "x" * 53: "too_costly",
    }
    outcome = await imported(client, [{"username": name(), "password_hash": stored} for stored in hashes])
    problems = [row["problem"] for row in outcome["failed"]]
    assert [problem["details"]["reason"] for problem in problems] == [*hashes.values()]
    assert [problem["details"]["scheme"] for problem in problems] == ["yescrypt", "bcrypt", "bcrypt"]
    assert not any(stored in json.dumps(outcome) for stored in hashes)


async def test_who_cannot_sign_in_elsewhere_is_imported_without_a_password_and_said_so(
    client: Client, stack: Stack
) -> None:
    hashes = [BCRYPT, "!" + "x" * 40, "", None, "*"]
    users = [{"username": name(), "password_hash": stored} for stored in hashes]
    users += [{"username": name()}, {"username": users[1]["username"], "password_hash": "!"}]
    outcome = await imported(client, users, on_conflict="skip")
    assert (outcome["created"], outcome["skipped"], outcome["failed"]) == (6, 1, [])
    assert outcome["without_password"] == [1, 2, 4]
    rows = stack.worker.dependencies.store.collection("users")
    stored = [row["password"] async for row in rows.find({"username": {"$in": [user["username"] for user in users]}})]
    assert sorted(map(str, stored)) == [BCRYPT, *["None"] * 5]


async def test_a_password_in_plain_is_hashed_on_its_way_in(client: Client, stack: Stack) -> None:
    users = [
        {"username": name(), "password_hash": "{noop}correct horse battery"},
        {"username": name(), "password_hash": '{"passwordType": "plain", "password": "correct horse battery"}'},
    ]
    assert (await imported(client, users))["created"] == 2
    rows = stack.worker.dependencies.store.collection("users")
    for user in users:
        row = await rows.find_one({"username": user["username"]})
        assert row["password"].startswith("$argon2id$")
        await client.done("auth.sign_in", {"login": user["username"], "password": "correct horse battery"})


async def test_a_failed_row_names_its_fields_and_not_their_values(client: Client) -> None:
    outcome = await imported(client, [{"username": name(), "password": "hunter2-secret"}])
    problem = outcome["failed"][0]["problem"]
    assert problem["details"] == [{"field": "password", "message": "Extra inputs are not permitted"}]
    assert "hunter2" not in json.dumps(outcome)


async def test_taken_rows_fail_or_are_skipped(client: Client) -> None:
    mine, account = name(), uuid4().hex
    user = await client.done(
        "user.create", {"username": mine, "accounts": [{"integration": "lark", "account": account}]}
    )
    users: list[dict[str, Any]] = [
        {"username": mine.upper()},
        {"email": f"{mine}@example.com"},
        {"username": name(), "accounts": [{"integration": "lark", "account": account}]},
        {"username": name(), "id": user["id"]},
        {"telephone": mine},
    ]
    codes = {0: "user.username_taken", 2: "account.taken", 3: "user.id_taken", 4: "user.telephone_taken"}
    assert await failures(client, users) == codes
    assert await failures(client, users) == codes | {1: "user.email_taken"}
    assert await imported(client, users, on_conflict="skip") == {
        "created": 0,
        "skipped": 5,
        "failed": [],
        "without_password": [],
    }


async def test_of_equal_rows_the_first_one_wins(client: Client) -> None:
    twice, account = name(), {"integration": "knock", "account": uuid4().hex}
    users: list[dict[str, Any]] = [
        {"username": twice},
        {"email": f"{twice}@example.com", "telephone": twice.upper()},
        {"username": name(), "accounts": [account]},
        {"username": name(), "accounts": [account]},
    ]
    assert await failures(client, users) == {1: "user.telephone_taken", 3: "account.taken"}


async def test_rows_may_bring_their_ids_and_the_counter_passes_over_them(client: Client) -> None:
    free = 50_000_000 + uuid4().int % 1_000_000
    users: list[dict[str, Any]] = [
        {"username": name(), "id": free},
        {"username": name()},
        {"username": name(), "id": free},
    ]
    assert await failures(client, users) == {2: "user.id_taken"}
    assert (await client.done("user.get", {"username": users[0]["username"]}))["id"] == free
    assert (await client.done("user.get", {"username": users[1]["username"]}))["id"] > free


async def test_the_id_of_an_erased_user_may_be_brought_again(client: Client) -> None:
    row = {"username": name(), "id": 60_000_000 + uuid4().int % 1_000_000}
    await imported(client, [row])
    await client.done("user.delete", {"id": row["id"]})
    assert await failures(client, [row]) == {}


async def test_a_soft_deleted_user_keeps_its_accounts_but_not_its_name(client: Client) -> None:
    account = {"integration": "lark", "account": uuid4().hex}
    row = {"username": name()}
    user = await client.done("user.create", row | {"accounts": [account]})
    await client.done("user.set_status", {"id": user["id"], "status": -1})
    assert await failures(client, [row | {"accounts": [account]}, row]) == {0: "account.taken"}


async def test_a_repeat_is_answered_from_the_journal(client: Client) -> None:
    message_id, body = uuid4().hex, {"users": rows(5)}
    first = await client.call("user.import", body, message_id=message_id)
    assert first["data"]["created"] == 5
    assert await client.call("user.import", body, message_id=message_id) == first


async def test_an_empty_list_is_done(client: Client) -> None:
    assert await imported(client, []) == {"created": 0, "skipped": 0, "failed": [], "without_password": []}


@pytest.mark.parametrize("body", [{"users": [{}] * 1001}, {"users": [7]}, {"users": [], "on_conflict": "replace"}, {}])
async def test_a_call_that_does_not_fit_is_invalid_as_a_whole(client: Client, body: dict[str, Any]) -> None:
    problem = await client.refused("user.import", body)
    assert (problem["kind"], problem["code"]) == ("invalid", "message.invalid")


async def test_more_than_a_megabyte_is_refused(client: Client) -> None:
    users = rows(1000, name="x" * 250, company="x" * 250, position="x" * 250, gender="x" * 250, mobile="x" * 250)
    assert (await client.refused("user.import", {"users": users}))["code"] == "message.too_large"


async def test_of_ten_simultaneous_imports_of_the_same_users_each_user_is_made_once(client: Client) -> None:
    users = rows(50, accounts=[])
    bodies = [{"users": users[:: 1 if turn % 2 else -1]} for turn in range(10)]
    replies = await asyncio.gather(*(client.settle("user.import", body) for body in bodies))
    outcomes = [reply["data"] for reply in replies]
    assert sum(outcome["created"] for outcome in outcomes) == 50
    codes = {row["problem"]["code"] for outcome in outcomes for row in outcome["failed"]}
    assert codes == {"user.username_taken"}


async def test_an_integration_is_not_deleted_under_an_import(client: Client) -> None:
    for _ in range(5):
        made = await client.done("integration.create", {"name": name("integration")})
        users = [row | {"accounts": [{"integration": made["name"], "account": "a"}]} for row in rows(1)]
        deleted, outcome = await asyncio.gather(
            client.call("integration.delete", {"id": made["id"]}), imported(client, users)
        )
        assert (deleted["status"] == "done") == (outcome["created"] == 0)
