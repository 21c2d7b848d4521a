"""How guessing passwords is met, end to end: locks at one door, delays at the others."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from models.lockouts import SLOWING
from models.unit_of_work import UnitOfWork
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import (
    BAD,
    PASSWORD,
    address,
    age_failures,
    fail_sign_in,
    get_refusal,
    is_valid_session,
    sign_in,
    sign_up,
    telephone,
)

LOCKED = ("throttled", "auth.locked")


async def guess(client: Client, login: str, times: int) -> None:
    for _ in range(times):
        assert await fail_sign_in(client, login, realm="usermgmt") == BAD


async def test_the_fifth_failure_is_still_answered_and_locks(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    events = await client.events("auth.locked")
    await guess(client, email, 5)
    problem = await client.refused("auth.sign_in", {"login": email, "password": PASSWORD, "realm": "usermgmt"})
    assert (problem["kind"], problem["code"]) == LOCKED
    assert 200 < problem["details"]["retry_after"] <= 300
    told = (await events.next())["data"]
    assert (told["failures"], told["realm"]) == (5, "usermgmt")
    assert told["locked_until"] is not None


async def test_an_unknown_identifier_locks_the_same_way_however_it_is_typed(client: Client) -> None:
    login = address()
    await guess(client, login, 3)
    await guess(client, f" {login.upper()} ", 2)
    assert await fail_sign_in(client, login, realm="usermgmt") == LOCKED


async def test_a_lock_is_of_one_identifier_at_one_door(client: Client) -> None:
    email, username = address(), address().partition("@")[0]
    await client.done("user.create", {"email": email, "username": username, "password": PASSWORD})
    await guess(client, email, 5)
    assert await fail_sign_in(client, email, PASSWORD, realm="usermgmt") == LOCKED
    assert (await sign_in(client, username, realm="usermgmt"))["user"]["email"] == email
    assert (await sign_in(client, email, realm="starcedu_local"))["user"]["email"] == email


async def test_success_clears_the_counter(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    await guess(client, email, 4)
    await sign_in(client, email, realm="usermgmt")
    await guess(client, email, 4)
    assert (await sign_in(client, email, realm="usermgmt"))["user"]["email"] == email


async def test_only_the_failures_of_the_last_five_minutes_count(client: Client, stack: Stack) -> None:
    email = address()
    await sign_up(client, email=email)
    await guess(client, email, 4)
    await age_failures(stack, email, timedelta(minutes=5))
    await guess(client, email, 4)
    assert (await sign_in(client, email, realm="usermgmt"))["user"]["email"] == email


async def test_a_lock_ends_after_five_minutes(client: Client, stack: Stack) -> None:
    email = address()
    await sign_up(client, email=email)
    await guess(client, email, 5)
    await age_failures(stack, email, timedelta(minutes=4, seconds=50))
    assert await fail_sign_in(client, email, PASSWORD, realm="usermgmt") == LOCKED
    await age_failures(stack, email, timedelta(seconds=11))
    await sign_in(client, email, realm="usermgmt")


async def test_a_burst_of_guesses_gets_five_answers(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    guesses = (fail_sign_in(client, email, realm="usermgmt") for _ in range(20))
    answers = await asyncio.gather(*guesses)
    assert (answers.count(BAD), answers.count(LOCKED)) == (5, 15)


async def test_elsewhere_answers_come_later_and_later_but_the_right_password_is_let_in(client: Client) -> None:
    email = address()
    await sign_up(client, email=email)
    delays = [await delay(client, email) for _ in range(6)]
    assert delays == [0, 0, 0, 0.1, 0.2, 0.4]
    await sign_in(client, email)
    assert await delay(client, email) == 0


async def delay(client: Client, login: str, realm: str = "standard") -> Any:
    problem = await client.refused("auth.sign_in", {"login": login, "password": "wrong", "realm": realm})
    assert (problem["kind"], problem["code"]) == BAD
    return (problem["details"] or {"delay": 0})["delay"]


async def test_a_delayed_answer_does_not_hold_up_others(client: Client) -> None:
    slow, email = address(), address()
    await sign_up(client, email=email)
    for _ in range(6):
        await delay(client, slow)
    held = [asyncio.create_task(delay(client, slow)) for _ in range(3)]
    await sign_in(client, email)
    assert all(answer >= 0.8 for answer in await asyncio.gather(*held))


async def test_after_a_hundred_failures_in_an_hour_no_password_is_right(client: Client, stack: Stack) -> None:
    email = address()
    user = (await sign_up(client, email=email))["user"]
    token = (await sign_in(client, email))["token"]
    assert await delay(client, email) == 0
    rows = stack.worker.dependencies.store.collection("lockouts")
    key = {"_id": UnitOfWork(stack.worker.dependencies).lockouts.new_counter("standard", False, email, user["id"]).id}
    (at,) = (await rows.find_one(key))["failures"]
    await rows.update_one(key, {"$set": {"failures": [at] * SLOWING.max_failures}})
    assert await fail_sign_in(client, email, PASSWORD) == BAD
    change = {"token": token, "old_password": PASSWORD, "new_password": PASSWORD}
    assert await get_refusal(client, "auth.change_password", change) == BAD
    assert await is_valid_session(client, token)
    await rows.update_one(key, {"$set": {"failures": [at - SLOWING.window] * SLOWING.max_failures}})
    await sign_in(client, email)


async def test_after_a_hundred_failures_a_sign_in_signs_the_visitor_out_as_any_wrong_one(
    client: Client, stack: Stack
) -> None:
    email, at_the_door = address(), {"realm": "starcedu_local"}
    user = (await sign_up(client, email=email))["user"]
    token = (await sign_up(client, **at_the_door))["token"]
    await delay(client, email)
    rows = stack.worker.dependencies.store.collection("lockouts")
    (counter,) = UnitOfWork(stack.worker.dependencies).lockouts.new_counters("standard", False, "", user["id"])
    (at,) = (await rows.find_one({"_id": counter.id}))["failures"]
    await rows.update_one({"_id": counter.id}, {"$set": {"failures": [at] * SLOWING.max_failures}})
    assert await fail_sign_in(client, email, PASSWORD, session=token, **at_the_door) == BAD
    assert not await is_valid_session(client, token, **at_the_door)
    assert len((await rows.find_one({"_id": counter.id}))["failures"]) == SLOWING.max_failures


async def test_no_door_tells_by_its_delay_whether_a_name_is_known_at_another(client: Client) -> None:
    known, unknown, without = (f"u{uuid4().hex}" for _ in range(3))
    await client.done("user.create", {"username": known, "password": PASSWORD})
    await client.done("user.create", {"username": without})
    for login in (known, unknown, without):
        assert [await delay(client, login) for _ in range(4)] == [0, 0, 0, 0.1]
        assert [await delay(client, login, realm="passport") for _ in range(2)] == [0.2, 0.4]


async def test_no_identifier_is_stored_with_the_failures(client: Client, stack: Stack) -> None:
    login = address()
    await guess(client, login, 1)
    rows = stack.worker.dependencies.store.collection("lockouts").find()
    assert login not in str(await rows.to_list(None))


async def test_guesses_with_all_identifiers_of_a_user_are_counted_together(client: Client, stack: Stack) -> None:
    logins = {"email": address(), "username": f"u{uuid4().hex}", "telephone": telephone()}
    user = await client.done("user.create", {**logins, "password": PASSWORD})
    nobody = [address(), f"u{uuid4().hex}", telephone()]
    for login in (*logins.values(), *nobody):
        await guess(client, login, 4)
    assert await delay(client, logins["email"]) == 3.0
    assert await delay(client, nobody[0]) == 0.2
    rows = stack.worker.dependencies.store.collection("lockouts")
    (counter,) = UnitOfWork(stack.worker.dependencies).lockouts.new_counters("standard", False, "", user["id"])
    row = await rows.find_one({"_id": counter.id})
    assert len(row["failures"]) == 13
    await rows.update_one({"_id": counter.id}, {"$set": {"failures": row["failures"][:1] * SLOWING.max_failures}})
    for login in logins.values():
        assert await fail_sign_in(client, login, PASSWORD, realm="usermgmt") == BAD


async def test_a_failure_is_told_of_who_has_the_name_now(client: Client) -> None:
    name = f"u{uuid4().hex}"
    await guess(client, name, 1)  # nobody's yet
    first = await client.done("user.create", {"username": name, "password": PASSWORD})
    await guess(client, name, 1)
    await client.done("user.update", {"id": first["id"], "username": f"u{uuid4().hex}"})
    second = await client.done("user.create", {"username": name, "password": PASSWORD})
    await guess(client, name, 1)
    for user in (first, second):
        entries = await client.done("audit.search", {"subject": f"user/{user['id']}", "name": "auth.sign_in"})
        assert len(entries["items"]) == 1
