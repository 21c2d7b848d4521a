"""examples/notify and every answer that a question can have, silence among them."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.examples.own_queues import REFUSED, OwnQueues, own_queues
from tests.examples.program import Program
from tests.support.gateway import Gateway
from tests.support.scripted_worker import ScriptedWorker, done_reply, failed_reply

RECIPIENT = {"user_id": 1, "username": "ada", "integration": "slack", "account": "U1"}


@pytest.fixture
async def queues(broker_url: str) -> AsyncIterator[OwnQueues]:
    async with own_queues(broker_url, "notify") as up:
        yield up


@pytest.fixture
async def notifier(
    broker_url: str, queues: OwnQueues, make_notifier: Callable[[str, int], Program]
) -> AsyncIterator[Program]:
    async with make_notifier(broker_url, 7) as up:
        await up.start("waiting for events")
        yield up


def event() -> bytes:
    about = {"id": uuid4().hex, "type": "userbus.user.created.v1", "subject": "user/42"}
    return json.dumps({"specversion": "1.0", **about, "data": {"id": 42, "username": "grace"}}).encode()


def page(next_page: str | None) -> dict[str, Any]:
    recipient = RECIPIENT if next_page else {**RECIPIENT, "user_id": 2}
    return {"recipients": [recipient], "missing": [], "next": next_page}


async def test_what_asking_again_cannot_help_is_a_dead_letter(
    worker: ScriptedWorker, notifier: Program, queues: OwnQueues, webhooks: Gateway
) -> None:
    for kind in REFUSED:
        worker.set_reply("account.resolve", failed_reply(f"some.{kind}", kind))
        await queues.give(event())
        reason = (await queues.take_dead_letter()).headers["x-reason"]
        assert reason == f"account.resolve was refused: {kind}, some.{kind}: no"
    assert len(worker.requests) == len(REFUSED)
    assert webhooks.received == []


async def test_what_may_be_answered_later_is_asked_again_under_its_message_id(
    worker: ScriptedWorker, notifier: Program, queues: OwnQueues, webhooks: Gateway
) -> None:
    throttled = failed_reply("some.throttled", "throttled", {"retry_after": 0.3})
    replies = iter([failed_reply("some.unavailable", "unavailable"), throttled, None])
    pages = {None: done_reply(page("1")), "1": done_reply(page(None))}
    worker.script["account.resolve"] = lambda body: next(replies, pages[body.get("after")])
    await queues.give(event())
    await webhooks.arrived(2)
    asked = list(zip(worker.requests, worker.bodies(), strict=True))
    first, second = ({request.message_id for request, body in asked if body.get("after") == of} for of in pages)
    assert (len(first), len(second)) == (1, 1)
    assert first != second
    assert len(asked) >= 5  # more where this machine is slow, and an answer comes late
    assert worker.bodies()[-1] == {"group_ids": [7], "integrations": ["lark", "dingtalk", "slack"], "after": "1"}
    assert "no answer within 1 s" in notifier.said()
