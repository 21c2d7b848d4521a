"""Replies that are delayed on purpose."""

import asyncio
import time

from worker.delivery.delayed_replies import DelayedReplies
from worker.delivery.envelope import Envelope
from worker.delivery.outcome import RequestOutcome
from worker.delivery.replies import Replies

PROMPT = RequestOutcome("done", "prompt")


class Recorder(Replies):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.addressed: list[str | None] = []

    async def send(self, envelope: Envelope, reply: str) -> None:
        self.addressed.append(envelope.reply_to)
        self.sent.append(reply)


def envelope(deadline: float | None = None) -> Envelope:
    return Envelope(name="auth.sign_in", entry=None, body=b"", reply_to="queue", deadline=deadline)


def delayed(seconds: float) -> RequestOutcome:
    return RequestOutcome("unauthenticated", "delayed", delay=seconds)


async def test_what_has_no_delay_goes_at_once() -> None:
    replies = Recorder()
    async with DelayedReplies(replies) as delayed_replies:
        await delayed_replies.send(envelope(), PROMPT)
        assert replies.sent == ["prompt"]


async def test_a_delayed_reply_goes_later() -> None:
    replies = Recorder()
    async with DelayedReplies(replies) as delayed_replies:
        await delayed_replies.send(envelope(), delayed(0.01))
        assert replies.sent == []
        while not replies.sent:
            await asyncio.sleep(0.001)
    assert replies.sent == ["delayed"]


async def test_leaving_sends_what_waits() -> None:
    replies = Recorder()
    async with DelayedReplies(replies) as delayed_replies:
        await delayed_replies.send(envelope(), delayed(3600))
        await delayed_replies.send(envelope(), delayed(3600))
        assert replies.sent == []
    assert replies.sent == ["delayed", "delayed"]
    assert replies.addressed == ["queue", "queue"]


async def test_only_so_many_wait() -> None:
    replies = Recorder()
    async with DelayedReplies(replies, limit=1) as delayed_replies:
        await delayed_replies.send(envelope(), delayed(3600))
        await delayed_replies.send(envelope(), delayed(3600))
        assert replies.sent == ["delayed"]


async def test_nothing_waits_beyond_its_callers_deadline() -> None:
    replies = Recorder()
    async with DelayedReplies(replies) as delayed_replies:
        await delayed_replies.send(envelope(deadline=time.time() - 1), delayed(3600))
        assert replies.sent == ["delayed"]
