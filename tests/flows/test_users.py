"""The users family end to end: real broker, real database, a plain AMQP client."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import BAD, PASSWORD, fail_sign_in, is_valid_session, sign_in, telephone


def name(prefix: str = "user") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


async def test_a_created_user_is_found_by_every_key(client: Client) -> None:
    email, telephone = f"{name()}@Example.com", str(uuid4().int)[:11]
    user = await client.done("user.create", {"username": name(), "email": email, "telephone": telephone})
    for key in ("id", "uuid", "username", "email", "telephone"):
        assert await client.done("user.get", {key: user[key]}) == user
    assert await client.done("user.get", {"email": email.upper()}) == user
    assert await client.done("user.get", {"login": telephone}) == user


async def test_creating_publishes_one_event_with_the_whole_user(client: Client) -> None:
    events = await client.events("user.*")
    message_id = uuid4().hex
    user = await client.done("user.create", {"username": name()}, message_id=message_id)
    (event,) = await events.about(f"user/{user['id']}", 1)
    assert event["type"] == "userbus.user.created.v1"
    assert event["sequence"] == 1
    assert event["causationid"] == message_id
    assert event["data"] == user


async def test_a_repeat_is_answered_from_the_journal_and_changes_nothing(client: Client) -> None:
    message_id, body = uuid4().hex, {"username": name()}
    first = await client.call("user.create", body, message_id=message_id)
    again = await client.call("user.create", body, message_id=message_id)
    assert first == again


async def test_a_message_id_serves_one_body_only(client: Client) -> None:
    message_id = uuid4().hex
    await client.done("user.create", {"username": name()}, message_id=message_id)
    problem = await client.refused("user.create", {"username": name()}, message_id=message_id)
    assert (problem["kind"], problem["code"]) == ("conflict", "message.id_reused")


async def test_identifiers_share_one_namespace_without_letter_case(client: Client) -> None:
    taken = f"{name()}@Straße.example".replace("ß", "ss")
    await client.done("user.create", {"email": taken})
    problem = await client.refused("user.create", {"username": taken.upper()})
    assert problem["code"] == "user.username_taken"
    asked = {"username": taken, "telephone": "13800000000"}
    assert await client.done("user.check_taken", asked) == {"username": True, "telephone": False}


async def test_of_fifty_simultaneous_creates_exactly_one_wins(client: Client) -> None:
    email = f"{name()}@example.com"
    replies = await asyncio.gather(*(client.settle("user.create", {"email": email}) for _ in range(50)))
    assert [reply["status"] for reply in replies].count("done") == 1
    assert {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"} == {"user.email_taken"}


async def test_the_same_command_fifty_times_at_once_has_one_effect(client: Client) -> None:
    message_id, body = uuid4().hex, {"username": name()}
    calls = (client.settle("user.create", body, message_id=message_id) for _ in range(50))
    replies: list[dict[str, Any]] = await asyncio.gather(*calls)
    assert all(reply == replies[0] and reply["status"] == "done" for reply in replies)


async def test_an_update_changes_what_is_given_and_null_clears(client: Client) -> None:
    events = await client.events("user.updated")
    user = await client.done("user.create", {"username": name(), "name": "Eve", "company": "Inc"})
    fields = {"id": user["id"], "name": None, "position": "boss", "company": "Inc"}
    changed = await client.done("user.update", fields)
    assert (changed["name"], changed["position"], changed["company"]) == (None, "boss", "Inc")
    (event,) = await events.about(f"user/{user['id']}", 1)
    assert event["data"] == {**changed, "changed": ["name", "position"]}


async def test_an_update_of_a_user_who_has_moved_on_is_stale(client: Client) -> None:
    user = await client.done("user.create", {"username": name()})
    moved = await client.done("user.update", {"id": user["id"], "name": "Eve", "revision": user["revision"]})
    problem = await client.refused("user.update", {"id": user["id"], "name": "Eva", "revision": user["revision"]})
    assert (problem["kind"], problem["code"]) == ("conflict", "user.stale")
    assert await client.done("user.get", {"id": user["id"]}) == moved


async def test_an_update_leaves_at_least_one_login_identifier(client: Client) -> None:
    user = await client.done("user.create", {"username": name()})
    problem = await client.refused("user.update", {"id": user["id"], "username": None})
    assert (problem["kind"], problem["code"]) == ("invalid", "user.unidentified")


async def test_an_update_replaces_the_accounts_and_tells_of_each(client: Client) -> None:
    kept, moved, gone = ({"integration": place, "account": name()} for place in ("lark", "slack", "knock"))
    user = await client.done("user.create", {"username": name(), "accounts": [kept, moved, gone]})
    events = await client.events("account.*", "user.updated")
    numbers = {account["integration"]: account["account_id"] for account in user["accounts"]}
    wanted = [kept, {**moved, "account": name()}, {"integration": "youtrack", "account": name()}]
    changed = await client.done("user.update", {"id": user["id"], "accounts": wanted})
    assert [{key: one[key] for key in ("integration", "account")} for one in changed["accounts"]] == wanted
    assert [one["account_id"] for one in changed["accounts"]][:2] == [numbers["lark"], numbers["slack"]]
    told = await events.about(f"user/{user['id']}", 4)
    assert [event["type"].split(".", 1)[1] for event in told] == [
        "user.updated.v1", "account.unbound.v1", "account.rebound.v1", "account.bound.v1",
    ]  # fmt: skip
    assert told[0]["data"]["changed"] == ["accounts"]
    assert [event["data"]["account"]["integration"] for event in told[1:]] == ["knock", "slack", "youtrack"]


@pytest.mark.parametrize("request_name", ["user.create", "user.update"])
async def test_accounts_that_cannot_be_bound_leave_nothing_behind(client: Client, request_name: str) -> None:
    taken = {"integration": "lark", "account": name()}
    await client.done("user.create", {"username": name(), "accounts": [taken]})
    user = await client.done("user.create", {"username": name()})
    whose = {"username": name()} if request_name == "user.create" else {"id": user["id"], "name": "Eve"}
    for accounts, code in (
        ([taken], "account.taken"),
        ([{**taken, "account": name()}, {**taken, "account": name()}], "account.taken"),
        ([{**taken, "integration": name()}], "integration.not_found"),
    ):
        assert (await client.refused(request_name, {**whose, "accounts": accounts}))["code"] == code
    assert await client.done("user.get", {"id": user["id"]}) == user
    if "username" in whose:
        assert (await client.refused("user.get", whose))["code"] == "user.not_found"


async def test_a_new_password_or_none_ends_every_session(client: Client) -> None:
    login = name()
    user = await client.done("user.create", {"username": login, "password": PASSWORD})
    for change in ({"password": "another good one"}, {"password": None}):
        given = PASSWORD if change["password"] else "another good one"
        token = (await sign_in(client, login, given))["token"]
        await client.done("user.update", {"id": user["id"], **change})
        assert not await is_valid_session(client, token)
    assert await fail_sign_in(client, login, "another good one") == ("unauthenticated", "auth.bad_credentials")


async def test_a_foreign_hash_can_be_given_later(client: Client) -> None:
    login = name()
    user = await client.done("user.create", {"username": login})
    foreign = "pbkdf2_sha256$1000$salt$N2Sv7jRn0gvGBiQFZZP0rgGNkL9xrWGDJrWVAYBAFqg="
    await client.done("user.update", {"id": user["id"], "password_hash": foreign})
    costly = {"id": user["id"], "password_hash": "$2b$18$" + "a" * 53}
    assert (await client.refused("user.update", costly))["code"] == "password.hash_refused"
    both = {"id": user["id"], "password": PASSWORD, "password_hash": foreign}
    assert (await client.refused("user.update", both))["code"] == "message.invalid"


async def test_a_deleted_user_is_gone_until_restored_and_identifiers_are_free_meanwhile(client: Client) -> None:
    events = await client.events("user.*")
    accounts = [{"integration": "lark", "account": name()}]
    user = await client.done("user.create", {"username": name(), "accounts": accounts})
    gone = await client.done("user.set_status", {"id": user["id"], "status": -1})
    assert gone["status"] == -1
    assert (await client.refused("user.get", {"id": user["id"]}))["code"] == "user.not_found"
    assert await client.done("user.get", {"id": user["id"], "include_deleted": True}) == gone
    other = await client.done("user.create", {"username": user["username"]})
    problem = await client.refused("user.set_status", {"id": user["id"], "status": 1})
    assert problem["code"] == "user.username_taken"
    assert (await client.refused("user.create", {"username": name(), "accounts": accounts}))["code"] == "account.taken"
    await client.done("user.delete", {"id": other["id"]})
    back = await client.done("user.set_status", {"id": user["id"], "status": 1})
    assert back["accounts"] == user["accounts"]
    told = await events.about(f"user/{user['id']}", 3)
    assert [event["type"] for event in told] == [
        f"userbus.user.{what}.v1" for what in ("created", "deleted", "restored")
    ]
    assert [event["sequence"] for event in told] == [1, 3, 4]


@pytest.mark.parametrize("key", ["username", "login"])
async def test_of_a_deleted_and_a_live_user_of_one_name_the_live_one_is_found(client: Client, key: str) -> None:
    gone = await client.done("user.create", {"username": name()})
    gone = await client.done("user.set_status", {"id": gone["id"], "status": -1})
    query = {key: gone["username"].upper(), "include_deleted": True}
    assert await client.done("user.get", query) == gone
    user = await client.done("user.create", {"username": gone["username"]})
    assert await client.done("user.get", query) == user


async def test_a_user_is_made_root_and_ordinary_again(client: Client) -> None:
    events = await client.events("user.updated")
    user = await client.done("user.create", {"username": name()})
    for root in (1, 0):
        changed = await client.done("user.set_root", {"id": user["id"], "root": root})
        assert changed["root"] == root
        (event,) = await events.about(f"user/{user['id']}", 1)
        assert event["data"] == changed | {"changed": ["root"]}
    again = await client.done("user.set_root", {"id": user["id"], "root": 0})
    assert again["revision"] == changed["revision"]
    assert (await client.refused("user.set_root", {"id": 9_000_000_000, "root": 1}))["code"] == "user.not_found"


async def test_a_root_user_cannot_be_deleted(client: Client) -> None:
    root = await client.done("user.create", {"username": name(), "root": 1})
    for request, body in (("user.set_status", {"status": -1}), ("user.delete", {})):
        problem = await client.refused(request, {"id": root["id"], **body})
        assert (problem["kind"], problem["code"]) == ("conflict", "user.root_protected")
    assert await client.done("user.get", {"id": root["id"]}) == root


async def test_an_erased_user_takes_everything_along(client: Client, stack: Stack) -> None:
    user = await client.done("user.create", {"username": name(), "password": PASSWORD, "role_ids": [1]})
    token = (await sign_in(client, user["username"]))["token"]
    assert await client.done("user.delete", {"id": user["id"]}) == {"deleted": 1}
    assert not await is_valid_session(client, token)
    assert (await client.refused("user.get", {"id": user["id"], "include_deleted": True}))["code"] == "user.not_found"
    assert await stack.worker.dependencies.store.collection("sessions").find_one({"user_id": user["id"]}) is None
    assert await client.done("user.delete", {"id": user["id"]}) == {"deleted": 0}


async def test_erasing_a_deleted_user_leaves_alone_who_has_its_identifiers_now(client: Client, stack: Stack) -> None:
    number, anna = telephone(), {"username": name(), "password": PASSWORD}
    ghost = await client.done("user.create", {**anna, "telephone": number})
    await client.done("user.set_status", {"id": ghost["id"], "status": -1})
    await client.done("user.create", {**anna, "telephone": number})
    await client.done("sms.send_code", {"telephone": number})
    for _ in range(5):
        assert await fail_sign_in(client, anna["username"], realm="usermgmt") == BAD
    assert await client.done("user.delete", {"id": ghost["id"]}) == {"deleted": 1}
    assert await fail_sign_in(client, anna["username"], PASSWORD, realm="usermgmt") == ("throttled", "auth.locked")
    sent = [json.loads(line) for line in stack.sms_log.read_text().splitlines()]
    (code,) = (line["code"] for line in sent if line["telephone"] == number)
    assert await client.done("sms.verify_code", {"telephone": number, "code": code}) == {"verified": True}


async def test_an_update_that_changes_nothing_moves_the_time_only_and_makes_no_event(client: Client) -> None:
    events = await client.events("user.*")
    accounts = [{"integration": "lark", "account": uuid4().hex}]
    user = await client.done("user.create", {"username": f"u_{uuid4().hex}", "name": "Ada", "accounts": accounts})
    same = {"id": user["id"], "username": user["username"], "name": "Ada", "accounts": accounts, "role_ids": []}
    for body in (same, {"id": user["id"]}, {"id": user["id"], "email": None, "revision": user["revision"]}):
        unchanged = await client.done("user.update", body)
        assert unchanged["updated_at"] > user["updated_at"]
        assert unchanged == user | {"updated_at": unchanged["updated_at"]}
    changed = await client.done("user.update", {**same, "name": "Eve"})
    told = await events.about(f"user/{user['id']}", 2)
    assert [event["type"] for event in told] == ["userbus.user.created.v1", "userbus.user.updated.v1"]
    assert changed["revision"] == told[1]["sequence"] > user["revision"]
