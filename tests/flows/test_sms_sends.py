"""Sending SMS codes end to end: how often, how many, once in spite of repeats and dead workers."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from models.errors.sms import SmsNotSent
from models.sms_codes import SmsNumberRepository
from models.sms_sends import CodeRequest, SendReservations, SmsLimits
from models.unit_of_work import UnitOfWork
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.sms import backdate, coded, number, row, sent
from tests.support.stack import Stack


async def test_the_next_code_must_wait_for_60_seconds(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    problem = await client.refused("sms.send_code", {"telephone": telephone})
    assert (problem["kind"], problem["code"]) == ("throttled", "sms.too_soon")
    assert 1 <= problem["details"]["retry_after"] <= 60
    await backdate(stack, telephone, 55)
    assert (await client.refused("sms.send_code", {"telephone": telephone}))["details"]["retry_after"] <= 5
    assert sent(stack, telephone) == [code]


@pytest.mark.parametrize("form", ["{}", "86{}", "0086{}", "+86{}"])
async def test_one_number_has_one_code_and_one_limit_however_it_is_written(
    client: Client, stack: Stack, form: str
) -> None:
    national = number()
    written = form.format(national)
    await client.done("sms.send_code", {"telephone": written})
    for other in (national, f"86{national}", f"0086{national}", f"+86{national}"):
        assert (await client.refused("sms.send_code", {"telephone": other}))["code"] == "sms.too_soon"
    body = {"telephone": f"+86{national}", "code": sent(stack, written)[-1]}
    assert await client.done("sms.verify_code", body) == {"verified": True}
    assert (await client.refused("sms.verify_code", body | {"telephone": national}))["code"] == "sms.code_wrong"


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


async def test_a_dead_worker_s_attempt_is_made_again_once_it_has_lapsed(client: Client, stack: Stack) -> None:
    telephone, message_id = number(), uuid4().hex
    assert await sends(stack).reserve(CodeRequest(telephone, message_id), seconds=0) == "acquired"
    await client.done("sms.send_code", {"telephone": telephone}, message_id=message_id)
    assert len(sent(stack, telephone)) == 1


async def test_a_worker_that_dies_after_the_gateway_took_the_message_is_not_repeated(
    client: Client, stack: Stack
) -> None:
    asked = CodeRequest(number(), uuid4().hex)
    assert await sends(stack).reserve(asked, seconds=PATIENCE) == "acquired"
    await sends(stack).confirm(asked, "012345")
    await client.done("sms.send_code", {"telephone": asked.telephone}, message_id=asked.message_id)
    assert sent(stack, asked.telephone) == []
    body = {"telephone": asked.telephone, "code": "012345"}
    assert await client.done("sms.verify_code", body) == {"verified": True}


async def test_a_send_under_way_holds_the_number_until_it_is_given_back(client: Client, stack: Stack) -> None:
    asked = CodeRequest(number(), uuid4().hex)
    await sends(stack).reserve(asked, seconds=PATIENCE)
    assert (await client.refused("sms.send_code", {"telephone": asked.telephone}))["code"] == "sms.too_soon"
    await sends(stack).release(asked)
    await client.done("sms.send_code", {"telephone": asked.telephone})


async def test_a_forgotten_number_keeps_its_limits_but_not_its_code(client: Client, stack: Stack) -> None:
    telephone, code = await coded(client, stack)
    await codes(stack).drop_code(telephone)
    assert await codes(stack).consume_code(telephone, code) is False
    assert (await client.refused("sms.send_code", {"telephone": telephone}))["code"] == "sms.too_soon"


async def test_a_number_without_a_code_has_none_to_use_up_or_to_drop(client: Client, stack: Stack) -> None:
    unknown, (telephone, code) = number(), await coded(client, stack)
    await client.done("sms.verify_code", {"telephone": telephone, "code": code})
    used = await row(stack, telephone)
    for without in (unknown, telephone):
        assert await codes(stack).consume_code(without, code) is False
        await codes(stack).drop_code(without)
    assert await row(stack, unknown) is None
    assert await row(stack, telephone) == used


async def test_a_message_is_found_by_its_number_and_its_command_together(client: Client, stack: Stack) -> None:
    telephone, message_id = number(), uuid4().hex
    await client.done("sms.send_code", {"telephone": telephone}, message_id=message_id)
    assert [send.command for send in (await codes(stack).get_sent(telephone, message_id)).sends] == [message_id]
    for asked in ((telephone, uuid4().hex), (number(), message_id)):
        with pytest.raises(SmsNotSent):
            await codes(stack).get_sent(*asked)


@pytest.mark.parametrize("typed", ["+86 {}", "0086-{}", "(86) {}", "{} "])
async def test_a_number_is_sent_codes_however_it_is_written(client: Client, stack: Stack, typed: str) -> None:
    telephone = number()
    written = typed.format(f"{telephone[:3]} {telephone[3:]}")
    await client.done("sms.send_code", {"telephone": written})
    assert (await client.refused("sms.send_code", {"telephone": telephone}))["code"] == "sms.too_soon"
    lines = [json.loads(line) for line in stack.sms_log.read_text().splitlines()]
    (code,) = [line["code"] for line in lines if line["telephone"] in (written, written.strip())]
    assert await client.done("sms.verify_code", {"telephone": telephone, "code": code}) == {"verified": True}


@pytest.mark.parametrize("telephone", ["", "12", "1" * 16, "00" + "1" * 16, "+", "abcdef", "138x12345678", None, 5])
async def test_what_is_no_telephone_number_is_refused(client: Client, telephone: Any) -> None:
    problem = await client.refused("sms.send_code", {"telephone": telephone})
    assert (problem["kind"], problem["details"][0]["field"]) == ("invalid", "telephone")


def sends(stack: Stack) -> SendReservations:
    shared = stack.worker.dependencies
    return SendReservations(shared.store, shared.keys, shared.counters, SmsLimits())


def codes(stack: Stack) -> SmsNumberRepository:
    shared = stack.worker.dependencies
    return SmsNumberRepository(shared.store, UnitOfWork(shared).scope, shared.keys, shared.country)
