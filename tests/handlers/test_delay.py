"""Answers that come late on purpose."""

import asyncio
import time

from contracts.problem import Problem
from contracts.reply import Done, Failed
from handlers.delay import Delay
from handlers.envelope import Envelope
from handlers.pipeline import rendered
from handlers.replies import Replies

DONE = rendered(Done(data={"delay": 60}))


class Recorder(Replies):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.asked: list[Envelope] = []

    async def send(self, envelope: Envelope, body: str) -> None:
        self.asked.append(envelope)
        self.sent.append(body)


def envelope(deadline: float | None = None) -> Envelope:
    return Envelope(
        name="auth.sign_in",
        entry=None,
        body=b"",
        message_id="id",
        correlation_id="id",
        reply_to="queue",
        app_id=None,
        actor=None,
        traceparent=None,
        deadline=deadline,
        attempt=0,
        redelivered=False,
    )


def refusal(details: object) -> str:
    return rendered(Failed(problem=Problem(kind="unauthenticated", code="x.y", message="no", details=details)))


async def test_what_has_no_delay_goes_at_once() -> None:
    replies = Recorder()
    async with Delay(replies) as delay:
        for body in (DONE, refusal(None), refusal([])):
            await delay.send(envelope(), body)
        assert replies.sent == [DONE, refusal(None), refusal([])]


async def test_a_delayed_answer_goes_later() -> None:
    replies, body = Recorder(), refusal({"delay": 0.01})
    async with Delay(replies) as delay:
        await delay.send(envelope(), body)
        assert replies.sent == []
        while not replies.sent:
            await asyncio.sleep(0.001)
    assert replies.sent == [body]


async def test_leaving_sends_what_waits() -> None:
    replies, body = Recorder(), refusal({"delay": 3600})
    async with Delay(replies) as delay:
        await delay.send(envelope(), body)
        await delay.send(envelope(), body)
        assert replies.sent == []
    assert replies.sent == [body, body]


async def test_only_so_many_wait() -> None:
    replies, body = Recorder(), refusal({"delay": 3600})
    async with Delay(replies, most=1) as delay:
        await delay.send(envelope(), body)
        await delay.send(envelope(), body)
        assert replies.sent == [body]


async def test_nothing_waits_beyond_its_callers_deadline() -> None:
    replies, body = Recorder(), refusal({"delay": 3600})
    async with Delay(replies) as delay:
        await delay.send(envelope(deadline=time.time() - 1), body)
        assert replies.sent == [body]
