"""`userbus user`: find, set-password, sessions, sign-out, lockouts, unlock, export."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.stack import Stack

PASSWORD = "correct horse battery"


async def user(client: Client, **fields: Any) -> dict[str, Any]:
    made = {"username": f"u{uuid4().hex}", "password": PASSWORD, **fields}
    found: dict[str, Any] = await client.done("user.create", made)
    return found


async def test_a_user_is_found_by_each_of_its_names(client: Client, stack: Stack) -> None:
    mark = uuid4().hex[:12]
    made = await user(client, email=f"{mark}@example.org", name="Ada", external_id=f"x{mark}")
    other = await user(client, email=f"{mark}.two@example.org")
    for text in (str(made["id"]), made["uuid"], f"x{mark}", made["username"], f"{mark}@example"):
        status, out, err = await run_userbus(stack.amqp_url, "user", "find", text, "--json")
        assert (status, err) == (0, ""), text
        assert made["id"] in [json.loads(line)["id"] for line in out.splitlines()], text
    status, out, _ = await run_userbus(stack.amqp_url, "user", "find", mark)
    ids = {line.split()[0] for line in out.splitlines()[1:]}
    assert (status, ids) == (0, {str(made["id"]), str(other["id"])})
    for text in (uuid4().hex, "9" * 30):
        status, out, err = await run_userbus(stack.amqp_url, "user", "find", text)
        assert (status, out, "no user has" in err) == (1, "", True), text


async def test_a_password_is_set_from_standard_input(client: Client, stack: Stack) -> None:
    made = await user(client)
    await client.done("auth.sign_in", {"login": made["username"], "password": PASSWORD})
    words = ("user", "set-password", str(made["id"]))
    status, out, err = await run_userbus(stack.amqp_url, *words, text="another long password\n")
    assert (status, err, "another long password" in out, made["username"] in out) == (0, "", False, True)
    assert (await client.done("session.list", {"user_id": made["id"]}))["items"] == []
    await client.done("auth.sign_in", {"login": made["username"], "password": "another long password"})
    assert (await client.refused("auth.sign_in", {"login": made["username"], "password": PASSWORD}))["kind"]
    for given, said in (("", "no password came"), ("short\n", "password")):
        status, out, err = await run_userbus(stack.amqp_url, *words, text=given)
        assert (status, out, said in err, "short" in err.split()) == (1, "", True, False), given


async def test_sessions_are_listed_and_ended(client: Client, stack: Stack) -> None:
    made = await user(client)
    for _ in range(2):
        await client.done("auth.sign_in", {"login": made["username"], "password": PASSWORD})
    words = ("user", "sessions", str(made["id"]), "--json")
    _, out, _ = await run_userbus(stack.amqp_url, *words)
    assert [json.loads(line)["user_id"] for line in out.splitlines()] == [made["id"]] * 2
    status, out, _ = await run_userbus(stack.amqp_url, "user", "sign-out", str(made["id"]), "--json")
    assert (status, json.loads(out)) == (0, {"revoked": 2})
    assert (await run_userbus(stack.amqp_url, *words))[1] == ""


async def test_a_locked_user_is_seen_and_unlocked(client: Client, stack: Stack) -> None:
    made = await user(client)
    right = {"login": made["username"], "password": PASSWORD, "realm": "usermgmt"}
    for _ in range(5):
        await client.refused("auth.sign_in", {**right, "password": "wrong"})
    assert (await client.refused("auth.sign_in", right))["code"] == "auth.locked"
    words = ("user", "lockouts", str(made["id"]), "--json")
    status, out, err = await run_userbus(stack.amqp_url, *words)
    told = [(row["failures"], row["locked_until"] is None) for row in map(json.loads, out.splitlines())]
    assert (status, err, told) == (0, "", [(5, True), (5, False)])
    heading, everywhere, typed = (await run_userbus(stack.amqp_url, *words[:-1]))[1].splitlines()
    assert re.split("  +", heading.strip()) == ["counted by", "failures", "count until", "locked until"]
    assert re.split("  +", everywhere)[:2] == ["the user, in all realms", "5"]
    assert everywhere.strip().endswith("not locked")
    assert re.split("  +", typed)[:2] == ["its username, in realm usermgmt", "5"]
    assert typed.strip().endswith("UTC")
    status, out, err = await run_userbus(stack.amqp_url, "audit", "--subject", made["username"], "--locked", "--json")
    (entry,) = map(json.loads, out.splitlines())
    assert (status, err, entry["name"], entry["outcome"]) == (0, "", "auth.sign_in", "auth.bad_credentials")
    assert datetime.fromisoformat(entry["locked_until"]) > datetime.now(UTC)
    status, out, err = await run_userbus(stack.amqp_url, "user", "unlock", str(made["id"]))
    assert (status, err, made["username"] in out) == (0, "", True)
    assert await run_userbus(stack.amqp_url, *words) == (0, "", "")
    assert await run_userbus(stack.amqp_url, *words[:-1]) == (0, "no failed sign-in counts\n", "")
    await client.done("auth.sign_in", right)
    status, _, err = await run_userbus(stack.amqp_url, "user", "unlock", "900000000")
    assert (status, "user.not_found" in err) == (1, True)


async def test_all_that_is_stored_of_a_person_is_exported(client: Client, stack: Stack) -> None:
    code = uuid4().hex
    app = await client.done("app.create", {"code": code, "name": code})
    role = await client.done("role.create", {"app_id": app["id"], "code": code, "name": code})
    group = await client.done("group.create", {"app_id": app["id"], "code": code, "name": code})
    made = await user(client)
    await client.done("role.assign", {"user_id": made["id"], "role_ids": [role["id"]]})
    await client.done("group.join", {"user_id": made["id"], "group_ids": [group["id"]]})
    action = {"action": "create", "integration": "lark", "account": f"ou_{code}"}
    await client.done("account.apply", {"user_id": made["id"], "actions": [action]})
    signed = await client.done("auth.sign_in", {"login": made["username"], "password": PASSWORD})
    status, out, err = await run_userbus(stack.amqp_url, "user", "export", str(made["id"]))
    told = json.loads(out)
    assert (status, err, told["user"]["username"]) == (0, "", made["username"])
    assert [row["account"] for row in told["accounts"]] == [f"ou_{code}"]
    assert ([row["id"] for row in told["roles"]], [row["id"] for row in told["groups"]]) == (
        [role["id"]],
        [group["id"]],
    )
    assert [row["user_id"] for row in told["sessions"]] == [made["id"]]
    assert {row["name"] for row in told["audit"]} >= {"user.create", "role.assign", "auth.sign_in"}
    assert (PASSWORD in out, signed["token"] in out) == (False, False)
    await client.done("user.set_status", {"id": made["id"], "status": -1})
    status, out, _ = await run_userbus(stack.amqp_url, "user", "export", str(made["id"]))
    assert (status, json.loads(out)["user"]["status"]) == (0, -1)
