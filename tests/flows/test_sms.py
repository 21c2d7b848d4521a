"""The sms family end to end with the development sender: real broker, real database, a plain AMQP client."""

import asyncio
import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from tests.support.client import Client
from tests.support.sms import WRONG, backdate, coded, number, other, row, sent, verdict
from tests.support.stack import Stack


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
    entries = await stack.worker.dependencies.store.collection("journal").find({"_id": {"$in": ids}}).to_list(None)
    assert len(entries) == 3
    kept = [{name: value for name, value in entry.items() if name != "digest"} for entry in entries]
    for place in (str(kept), str(logs), str(stored)):
        assert telephone not in place
        assert f"'{code}'" not in place
        assert f'"{code}"' not in place


async def test_erasing_a_user_drops_the_code_of_its_number(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    user = await client.done("user.create", {"telephone": telephone})
    await client.done("user.delete", {"id": user["id"]})
    assert await verdict(client, telephone, code) == WRONG


@pytest.mark.parametrize("end", [("user.set_status", {"status": -1}), ("user.delete", {})])
async def test_a_code_ends_with_its_user(client: Client, stack: Stack, end: tuple[str, dict[str, int]]) -> None:
    telephone, code = await coded(client, stack)
    user = await client.done("user.create", {"telephone": telephone})
    name, fields = end
    await client.done(name, {"id": user["id"], **fields})
    assert await verdict(client, telephone, code) == WRONG


async def test_a_code_ends_where_its_number_is_taken_from_its_user(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    user, next_one = [await client.done("user.create", {"username": f"u_{uuid4().hex}"}) for _ in range(2)]
    await client.done("user.update", {"id": user["id"], "telephone": telephone})
    await client.done("user.update", {"id": user["id"], "telephone": None})
    await client.done("user.update", {"id": next_one["id"], "telephone": telephone})
    body = {"telephone": telephone, "code": code, "new_password": "correct horse battery 7"}
    assert (await client.refused("auth.reset_password", body))["code"] == "sms.code_wrong"
