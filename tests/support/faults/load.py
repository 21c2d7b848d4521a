"""A mixed load of known commands, as a process of its own: `python -m tests.faults.load AMQP_URL COMMANDS FILE`.

Every command is sent with a confirm, and again under the same message_id until it is confirmed, and answered where an
answer is wanted. FILE gets one JSON object: every command with what became of it, and the longest time without answer.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError

LANES = 12
SENDERS = 3  # lanes that have codes sent to telephones
UPDATES = 4  # of one user
SECONDS = 5.0


@dataclass
class Sent:
    """One command: `user` is whom it is about, if anybody; `replies` every answer that came, however late."""

    id: str
    name: str
    user: str
    wants: bool
    body: Any
    tries: int = 0
    confirmed: bool = False
    unavailable: int = 0
    silent: int = 0
    lost: int = 0
    refused: int = 0
    replies: list[Any] = field(default_factory=list)


@dataclass
class Wire:
    """A connection that is made anew when it is lost, with a reply queue of its own."""

    url: str
    waiting: dict[str, tuple[Sent, asyncio.Future[Any]]] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _channel: Any = None
    _replies: str = ""

    async def ask(self, sent: Sent) -> Any:
        """Send once; the answer, or None where none is wanted. Raises when it is not confirmed or not answered."""
        channel = await self._open()
        properties: dict[str, Any] = {"message_id": sent.id, "type": sent.name, "delivery_mode": 2}
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        correlation = uuid4().hex
        if sent.wants:
            self.waiting[correlation] = sent, answer
            deadline = {"x-deadline": int((time.time() + SECONDS) * 1000)}
            properties |= {"reply_to": self._replies, "correlation_id": correlation, "headers": deadline}
        exchange = await channel.get_exchange("userbus.commands", ensure=False)
        async with asyncio.timeout(SECONDS):
            await exchange.publish(aio_pika.Message(json.dumps(sent.body).encode(), **properties), sent.name)
        sent.confirmed = True
        if not sent.wants:
            return None
        reply = await asyncio.wait_for(answer, SECONDS + 1)
        if sent.user:
            self.answered.append(time.monotonic())
        return reply

    async def _open(self) -> Any:
        async with self._lock:
            if self._channel is None or self._channel.is_closed:
                connection = await aio_pika.connect(self.url, timeout=5)
                self._channel = await connection.channel(on_return_raises=True)
                queue = await self._channel.declare_queue(exclusive=True)
                await queue.consume(self._take, no_ack=True)
                self._replies = queue.name
            return self._channel

    async def _take(self, message: AbstractIncomingMessage) -> None:
        sent, answer = self.waiting[message.correlation_id or ""]
        sent.replies.append(json.loads(message.body))
        if not answer.done():
            answer.set_result(sent.replies[-1])


async def carry_out(wire: Wire, sent: Sent) -> Any:
    """Send a command until it is through; its reply, None where none is wanted."""
    while True:
        sent.tries += 1
        if await _through(wire, sent):
            return sent.replies[-1] if sent.wants else None
        await asyncio.sleep(0.1)


async def _through(wire: Wire, sent: Sent) -> bool:
    try:
        reply = await wire.ask(sent)
    except TimeoutError:
        sent.silent += 1
    except CONNECTION_EXCEPTIONS as error:
        full = isinstance(error, DeliveryError)
        sent.refused += full
        sent.lost += not full
    except asyncio.CancelledError:  # aiormq ends a handshake that is cut in this way
        if _told_to_stop():
            raise
    else:
        refused = reply is not None and unavailable(reply)
        sent.unavailable += refused
        return not refused
    return False


def _told_to_stop() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def unavailable(reply: Any) -> bool:
    """Whether an answer says to try again."""
    return bool(reply["status"] == "failed" and reply["problem"]["kind"] == "unavailable")


async def lane(wire: Wire, sent: list[Sent], count: int) -> None:
    """One user after another: made, bound to an account, given a role, then changed with and without waiting."""
    while len(sent) < count:
        name = f"load_{uuid4().hex[:12]}"

        async def one(request: str, body: Any, wants: bool = True, name: str = name) -> Any:
            sent.append(made := Sent(uuid4().hex, request, name, wants, body))
            return await carry_out(wire, made)

        user = (await one("user.create", {"username": name}))["data"]["id"]
        account = {"action": "create", "integration": "lark", "account": name}
        await one("account.apply", {"user_id": user, "actions": [account]})
        await one("role.assign", {"user_id": user, "role_ids": [1]})
        await one("token.issue", {"name": name, "scopes": ["foreseen"]}, name="")
        for number in range(UPDATES):
            await one("user.update", {"id": user, "company": f"company {number}"}, wants=number % 2 == 0)


async def telephones(wire: Wire, sent: list[Sent], count: int) -> None:
    """One code after another, each to a number of its own; nobody else waits for the gateway."""
    while len(sent) < count:
        body = {"telephone": f"+86139{uuid4().int % 10**10:010}"}
        sent.append(made := Sent(uuid4().hex, "sms.send_code", "", True, body))
        await carry_out(wire, made)


async def main(url: str, count: int) -> str:
    """Run the lanes; what was sent, as JSON."""
    wire = Wire(url)
    sent: list[Sent] = []
    began = time.monotonic()
    lanes = [*(lane(wire, sent, count) for _ in range(LANES)), *(telephones(wire, sent, count) for _ in range(SENDERS))]
    await asyncio.gather(*lanes)
    moments = [began, *sorted(wire.answered)]
    gap = max((after - before for before, after in pairwise(moments)), default=0.0)
    return json.dumps({"gap": gap, "sent": [asdict(each) for each in sent]})


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(asyncio.run(main(sys.argv[1], int(sys.argv[2]))))
