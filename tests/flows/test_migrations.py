"""migration.list, migration.run and `userbus migrate`, end to end."""

from typing import Any
from uuid import uuid4

import pytest

from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.scripted_worker import NOW, ScriptedWorker, done_reply
from tests.support.stack import Stack
from tests.support.visitors import telephone

FRESH = ("login_form", "disabled", "external_id", "email_verified", "telephone_verified")


async def make_old(stack: Stack, id: int, number: str) -> None:
    """Store a user as the version before did."""
    users = stack.worker.dependencies.store.collection("users")
    await users.update_one({"_id": id}, {"$set": {"logins": [number]}, "$unset": dict.fromkeys(FRESH, "")})


async def test_rows_of_an_earlier_version_are_migrated(stack: Stack, client: Client) -> None:
    numbers = [telephone() for _ in range(3)]
    for number in numbers:
        user = await client.done("user.create", {"telephone": number})
        await make_old(stack, user["id"], number)
    state = await client.done("migration.run", {"number": 1})
    assert (state["name"], state["left"], state["automatic"]) == ("users", 0, True)
    for number in numbers:
        await client.done("user.get", {"telephone": f"+86 {number}"})
        where = [{"field": "telephone", "value": number}, {"field": "disabled", "value": 0}]
        assert (await client.done("user.search", {"filter": where}))["total"] == 1
    assert (await client.done("migration.list", {}))["items"] == [state]


async def test_a_migration_that_this_version_does_not_have_is_refused(client: Client) -> None:
    assert (await client.refused("migration.run", {"number": 999}))["code"] == "migration.not_found"
    assert (await client.refused("migration.run", {"number": 0}))["code"] == "message.invalid"


async def test_the_command_tells_what_is_left_and_does_it(stack: Stack, client: Client) -> None:
    user = await client.done("user.create", {"username": f"user_{uuid4().hex}"})
    await make_old(stack, user["id"], user["username"])
    for option in ("--dry-run", "--yes"):
        status, out, err = await run_userbus(stack.amqp_url, "migrate", option)
        assert out.startswith("1 users: login identifiers and fields of users in the present form (by workers): "), err
    assert (status, out.count(", 0 left\n")) == (0, 1)


def state(left: int, **changed: Any) -> dict[str, Any]:
    done = {"began_at": NOW, "ended_at": None if left else NOW, "migrated": 9000 - left, "left": left, "stuck": 0}
    return {"number": 2, "name": "cut", "summary": "cut it", "automatic": False, **done, **changed}


@pytest.mark.parametrize(("options", "runs"), [((), 0), (("--dry-run", "--yes"), 0), (("--yes",), 3)])
async def test_what_no_earlier_worker_survives_wants_a_yes(
    broker: RunningServers, worker: ScriptedWorker, options: tuple[str, ...], runs: int
) -> None:
    left = iter((4000, 2000, 0))
    worker.set_reply("migration.list", done_reply({"items": [state(6000)]}))
    worker.script["migration.run"] = lambda _: done_reply(state(next(left)))
    status, out, err = await run_userbus(broker.amqp_url, "migrate", *options)
    ran = [body for body in worker.bodies() if body]
    assert ran == [{"number": 2}] * runs
    assert (status, out.count("0 left")) == ((0, 1) if runs else (1, 1)), err
    assert ("9,000 rows migrated, 0 left" in out) == bool(runs)
    assert err.count(" left\n") == max(0, runs - 1)


async def test_rows_that_nobody_can_migrate_are_told(broker: RunningServers, worker: ScriptedWorker) -> None:
    stuck = done_reply(state(0, automatic=True, stuck=2))
    worker.set_reply("migration.list", done_reply({"items": [state(0, automatic=True, stuck=2)]}))
    worker.set_reply("migration.run", stuck)
    status, out, _ = await run_userbus(broker.amqp_url, "migrate")
    assert status == 1
    assert "2 stay as they are: the log of the workers names them" in out
    assert len(worker.bodies()) == 2
