"""The sms family end to end with the development sender: real broker, real database, a plain AMQP client."""

import asyncio
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from models.codes import Codes
from models.sends import Asked, Limits, Sends
from models.unit import Unit
from tests.client import Client
from tests.stack import Stack

WRONG = ("unauthenticated", "sms.code_wrong")


def number() -> str:
    return f"13{secrets.randbelow(10**9):09d}"


def sent(stack: Stack, telephone: str) -> list[str]:
    """The codes that the gateway took for a number, oldest first."""
    lines = [json.loads(line) for line in stack.sms_log.read_text().splitlines()] if stack.sms_log.exists() else []
    return [line["code"] for line in lines if line["telephone"] == telephone]


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def row(stack: Stack, telephone: str) -> dict[str, Any]:
    """The stored row of a number."""
    shared = stack.worker.shared
    key = {"number": Unit(shared).codes.number(telephone)}
    found: dict[str, Any] = await shared.store.collection("codes").find_one(key)
    return found


async def backdate(stack: Stack, telephone: str, seconds: float) -> None:
    """Make all that happened to a number older."""
    stored, by = await row(stack, telephone), timedelta(seconds=seconds)
    aged = [{**send, "at": send["at"] - by, "lapses": send["lapses"] - by} for send in stored["sends"]]
    change = {"sends": aged} | ({"expires_at": stored["expires_at"] - by} if stored["expires_at"] else {})
    await stack.worker.shared.store.collection("codes").update_one({"_id": stored["_id"]}, {"$set": change})


async def coded(client: Client, stack: Stack) -> tuple[str, str]:
    """A fresh number and the code that it was sent."""
    telephone = number()
    await client.done("sms.send_code", {"telephone": telephone})
    return telephone, sent(stack, telephone)[-1]


async def verdict(client: Client, telephone: str, code: str) -> tuple[str, str]:
    problem = await client.refused("sms.verify_code", {"telephone": telephone, "code": code})
    assert problem["details"] is None
    return problem["kind"], problem["code"]


async def test_a_code_of_six_digits_is_sent_and_verified_once(client: Client, stack: Stack) -> None:
    telephone = number()
    reply = await client.done("sms.send_code", {"telephone": telephone})
    expires, resend = (datetime.fromisoformat(reply[name]) for name in ("expires_at", "resend_at"))
    assert expires - resend == timedelta(seconds=240)
    (code,) = sent(stack, telephone)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()
    body = {"telephone": telephone, "code": code}
    assert await client.done("sms.verify_code", body) == {"verified": True}
    assert await verdict(client, telephone, code) == WRONG


async def test_the_development_log_is_for_its_owner_only(client: Client, stack: Stack) -> None:
    await coded(client, stack)
    assert stack.sms_log.stat().st_mode & 0o777 == 0o600


async def test_a_number_without_a_code_is_answered_like_a_wrong_code(client: Client) -> None:
    assert await verdict(client, number(), "123456") == WRONG


async def test_a_code_is_good_for_its_own_number_only(client: Client, stack: Stack) -> None:
    _, code = await coded(client, stack)
    telephone, own = await coded(client, stack)
    if code != own:
        assert await verdict(client, telephone, code) == WRONG
    assert await client.done("sms.verify_code", {"telephone": telephone, "code": own}) == {"verified": True}


async def test_the_next_code_must_wait_for_60_seconds(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    problem = await client.refused("sms.send_code", {"telephone": telephone})
    assert (problem["kind"], problem["code"]) == ("throttled", "sms.too_soon")
    assert 1 <= problem["details"]["retry_after"] <= 60
    await backdate(stack, telephone, 55)
    assert (await client.refused("sms.send_code", {"telephone": telephone}))["details"]["retry_after"] <= 5
    assert sent(stack, telephone) == [code]


async def test_a_later_code_replaces_the_one_before(client: Client, stack: Stack) -> None:
    telephone, first = await coded(client, stack)
    await backdate(stack, telephone, 60)
    await client.done("sms.send_code", {"telephone": telephone})
    second = sent(stack, telephone)[1]
    if first != second:
        assert await verdict(client, telephone, first) == WRONG
    assert await client.done("sms.verify_code", {"telephone": telephone, "code": second}) == {"verified": True}


async def test_a_code_ends_after_300_seconds(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    await backdate(stack, telephone, 300)
    assert await verdict(client, telephone, code) == WRONG


async def test_a_code_that_has_ended_tells_nothing(client: Client, stack: Stack) -> None:
    events = await client.events("sms.*")
    telephone, code = await coded(client, stack)
    await backdate(stack, telephone, 300)
    assert await verdict(client, telephone, code) == WRONG
    await client.done("sms.send_code", {"telephone": telephone})
    told = await events.about(f"telephone/{(await row(stack, telephone))['number']}", 2)
    assert [(event["type"], event["sequence"]) for event in told] == [
        ("userbus.sms.code_sent.v1", 1),
        ("userbus.sms.code_sent.v1", 2),
    ]


@pytest.mark.parametrize(("wrong", "good"), [(4, True), (5, False)])
async def test_the_fifth_wrong_try_burns_the_code(client: Client, stack: Stack, wrong: int, good: bool) -> None:
    telephone, code = await coded(client, stack)
    for _ in range(wrong):
        assert await verdict(client, telephone, other(code)) == WRONG
    reply = await client.call("sms.verify_code", {"telephone": telephone, "code": code})
    assert (reply["status"] == "done") is good


async def test_simultaneous_guesses_are_all_counted(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    guess = {"telephone": telephone, "code": other(code)}
    replies = await asyncio.gather(*(client.call("sms.verify_code", guess) for _ in range(20)))
    assert {reply["problem"]["code"] for reply in replies} == {"sms.code_wrong"}
    assert (await row(stack, telephone))["code"] is None
    assert await verdict(client, telephone, code) == WRONG


async def test_of_fifty_simultaneous_verifications_exactly_one_wins(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    body = {"telephone": telephone, "code": code}
    replies = await asyncio.gather(*(client.call("sms.verify_code", body) for _ in range(50)))
    assert [reply["status"] for reply in replies].count("done") == 1
    assert {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"} == {"sms.code_wrong"}


async def test_a_repeated_verification_is_answered_from_the_journal(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    message_id, body = uuid4().hex, {"telephone": telephone, "code": code}
    first = await client.call("sms.verify_code", body, message_id=message_id)
    assert await client.call("sms.verify_code", body, message_id=message_id) == first


async def test_of_fifty_simultaneous_sends_to_a_number_one_goes_out(client: Client, stack: Stack) -> None:
    telephone = number()
    replies = await asyncio.gather(*(client.call("sms.send_code", {"telephone": telephone}) for _ in range(50)))
    assert [reply["status"] for reply in replies].count("done") == 1
    assert {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"} == {"sms.too_soon"}
    assert len(sent(stack, telephone)) == 1


async def test_the_same_send_fifty_times_at_once_goes_out_once(client: Client, stack: Stack) -> None:
    telephone, message_id = number(), uuid4().hex
    calls = (client.call("sms.send_code", {"telephone": telephone}, message_id=message_id) for _ in range(50))
    replies = await asyncio.gather(*calls)
    assert all(reply == replies[0] and reply["status"] == "done" for reply in replies)
    assert len(sent(stack, telephone)) == 1


async def test_fifty_numbers_are_served_at_once(client: Client, stack: Stack) -> None:
    numbers = [number() for _ in range(50)]
    await asyncio.gather(*(client.done("sms.send_code", {"telephone": telephone}) for telephone in numbers))
    assert all(len(sent(stack, telephone)) == 1 for telephone in numbers)


async def test_a_number_gets_ten_codes_in_any_24_hours(client: Client, stack: Stack) -> None:
    telephone = number()
    for _ in range(10):
        await client.done("sms.send_code", {"telephone": telephone})
        await backdate(stack, telephone, 3600)
    problem = await client.refused("sms.send_code", {"telephone": telephone})
    assert (problem["kind"], problem["code"]) == ("throttled", "sms.too_many")
    assert 13 * 3600 < problem["details"]["retry_after"] <= 14 * 3600
    await backdate(stack, telephone, problem["details"]["retry_after"])
    await client.done("sms.send_code", {"telephone": telephone})
    assert len(sent(stack, telephone)) == 11


async def test_events_are_in_order_and_tell_neither_number_nor_code(client: Client, stack: Stack) -> None:
    events = await client.events("sms.*")
    telephone, code = await coded(client, stack)
    await verdict(client, telephone, other(code))
    await client.done("sms.verify_code", {"telephone": telephone, "code": code})
    subject = f"telephone/{(await row(stack, telephone))['number']}"
    told = await events.about(subject, 3)
    kinds = ["userbus.sms.code_sent.v1", "userbus.sms.code_failed.v1", "userbus.sms.code_verified.v1"]
    assert [event["type"] for event in told] == kinds
    assert [event["sequence"] for event in told] == [1, 2, 3]
    assert told[1]["data"] == {"left": 4}
    assert telephone not in json.dumps(told)
    assert all(code not in json.dumps(event["data"]) for event in told)


async def test_neither_database_nor_logs_show_number_or_code(client: Client, stack: Stack) -> None:
    telephone, ids = number(), [uuid4().hex for _ in range(3)]
    with capture_logs() as logs:
        await client.done("sms.send_code", {"telephone": telephone}, message_id=ids[0])
        code = sent(stack, telephone)[0]
        wrong = {"telephone": telephone, "code": other(code)}
        await client.refused("sms.verify_code", wrong, message_id=ids[1])
        stored = await row(stack, telephone)
        await client.done("sms.verify_code", {"telephone": telephone, "code": code}, message_id=ids[2])
    entries = await stack.worker.shared.store.collection("journal").find({"_id": {"$in": ids}}).to_list(None)
    assert len(entries) == 3
    kept = [{name: value for name, value in entry.items() if name != "digest"} for entry in entries]
    for place in (str(kept), str(logs), str(stored)):
        assert telephone not in place
        assert f"'{code}'" not in place
        assert f'"{code}"' not in place


async def test_a_dead_worker_s_attempt_is_made_again_once_it_has_lapsed(client: Client, stack: Stack) -> None:
    telephone, message_id = number(), uuid4().hex
    assert await sends(stack).reserve(Asked(telephone, message_id), seconds=0) == "ours"
    await client.done("sms.send_code", {"telephone": telephone}, message_id=message_id)
    assert len(sent(stack, telephone)) == 1


async def test_a_worker_that_dies_after_the_gateway_took_the_message_is_not_repeated(
    client: Client, stack: Stack
) -> None:
    asked = Asked(number(), uuid4().hex)
    assert await sends(stack).reserve(asked, seconds=10) == "ours"
    await sends(stack).make_good(asked, "012345")
    await client.done("sms.send_code", {"telephone": asked.telephone}, message_id=asked.command)
    assert sent(stack, asked.telephone) == []
    body = {"telephone": asked.telephone, "code": "012345"}
    assert await client.done("sms.verify_code", body) == {"verified": True}


async def test_a_send_under_way_holds_the_number_until_it_is_given_back(client: Client, stack: Stack) -> None:
    asked = Asked(number(), uuid4().hex)
    await sends(stack).reserve(asked, seconds=10)
    assert (await client.refused("sms.send_code", {"telephone": asked.telephone}))["code"] == "sms.too_soon"
    await sends(stack).give_back(asked)
    await client.done("sms.send_code", {"telephone": asked.telephone})


async def test_a_forgotten_number_keeps_its_limits_but_not_its_code(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    shared = stack.worker.shared
    codes = Codes(shared.store, Unit(shared).session, shared.keys)
    await codes.forget(telephone)
    assert await codes.spend(telephone, code) is False
    assert (await client.refused("sms.send_code", {"telephone": telephone}))["code"] == "sms.too_soon"


async def test_erasing_a_user_drops_the_code_of_its_number(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    user = await client.done("user.create", {"telephone": telephone})
    await client.done("user.delete", {"id": user["id"]})
    assert await verdict(client, telephone, code) == WRONG


@pytest.mark.parametrize(
    "telephone", ["", "12", "1" * 16, "１３８１２３４５６７８", "138 1234 5678", "+", "abcdef", None, 5]
)
async def test_what_is_no_telephone_number_is_refused(client: Client, telephone: Any) -> None:
    problem = await client.refused("sms.send_code", {"telephone": telephone})
    assert (problem["kind"], problem["details"][0]["field"]) == ("invalid", "telephone")


def sends(stack: Stack) -> Sends:
    shared = stack.worker.shared
    return Sends(shared.store, shared.keys, shared.counters, Limits())


@pytest.mark.parametrize("end", [("user.set_status", {"status": -1}), ("user.delete", {})])
async def test_a_code_ends_with_its_user(client: Client, stack: Stack, end: tuple[str, dict[str, int]]) -> None:
    telephone, code = await coded(client, stack)
    user = await client.done("user.create", {"telephone": telephone})
    name, fields = end
    await client.done(name, {"id": user["id"], **fields})
    assert await verdict(client, telephone, code) == WRONG
