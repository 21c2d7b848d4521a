"""A mixed load, as a process of its own: `python -m tests.support.faults.load AMQP_URLS COMMANDS FILE [PAUSE]`.

It ends after so many commands, or at SIGUSR1; PAUSE is for how many seconds each lane rests after a command. Every
command is sent with a confirm, and again under the same message_id until it is confirmed, and answered where an answer
is wanted. FILE gets one JSON object: every command with what became of it, and the longest time without answer.
"""

import asyncio
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError

from contracts.broker_addresses import BrokerAddresses, split_urls
from tests.support.client import is_unavailable
from worker.bus.tasks import run_in_task

LANES = 12
SENDERS = 3  # lanes that have codes sent to telephones
UPDATES = 4  # of one user
SECONDS = 15.0


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
class Plan:
    """How many commands to send, and for how many seconds each lane rests after one."""

    count: int
    pause: float

    def stop(self) -> None:
        """Begin nothing new."""
        self.count = 0


@dataclass
class Wire:
    """A connection that is made anew when it is lost, with a reply queue of its own."""

    addresses: BrokerAddresses
    waiting: dict[str, tuple[Sent, asyncio.Future[Any]]] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _channel: Any = None
    _replies: str = ""

    async def ask(self, sent: Sent) -> Any:
        """Send once; the answer, or None where none is wanted. Raises when it is not confirmed or not answered."""
        channel = await self._open()
        try:
            return await self._ask(channel, sent)
        except TimeoutError:
            self._leave(channel)
            raise

    async def _ask(self, channel: Any, sent: Sent) -> Any:
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
                connection = await self.addresses.try_each(_connect)
                self._channel = await connection.channel(on_return_raises=True)
                queue = await self._channel.declare_queue(exclusive=True)
                await queue.consume(self._take, no_ack=True)
                self._replies = queue.name
            return self._channel

    def _leave(self, channel: Any) -> None:
        """Go to another node from one that does not answer, where there are several."""
        if self._channel is channel and len(self.addresses) > 1:
            self.addresses.give_up(self.addresses.current, "silent")
            self._channel = None

    async def _take(self, message: AbstractIncomingMessage) -> None:
        sent, answer = self.waiting[message.correlation_id or ""]
        sent.replies.append(json.loads(message.body))
        if not answer.done():
            answer.set_result(sent.replies[-1])


async def carry_out(wire: Wire, sent: Sent) -> Any:
    """Send a command until it is through; its reply, None where none is wanted."""
    while True:
        sent.tries += 1
        if await _try_once(wire, sent):
            return sent.replies[-1] if sent.wants else None
        await asyncio.sleep(0.1)


async def _try_once(wire: Wire, sent: Sent) -> bool:
    try:
        reply = await run_in_task(wire.ask(sent))
    except TimeoutError:
        sent.silent += 1
    except CONNECTION_EXCEPTIONS as error:
        full = isinstance(error, DeliveryError)
        sent.refused += full
        sent.lost += not full
    else:
        refused = reply is not None and is_unavailable(reply)
        sent.unavailable += refused
        return not refused
    return False


async def run_lane(wire: Wire, sent: list[Sent], plan: Plan) -> None:
    """One user after another: made, bound to an account, given a role, then changed with and without waiting."""
    while len(sent) < plan.count:
        name = f"load_{uuid4().hex[:12]}"

        async def send(request: str, body: Any, wants: bool = True, name: str = name) -> Any:
            sent.append(made := Sent(uuid4().hex, request, name, wants, body))
            reply = await carry_out(wire, made)
            await asyncio.sleep(plan.pause)
            return reply

        user = (await send("user.create", {"username": name}))["data"]["id"]
        account = {"action": "create", "integration": "lark", "account": name}
        await send("account.apply", {"user_id": user, "actions": [account]})
        await send("role.assign", {"user_id": user, "role_ids": [1]})
        await send("token.issue", {"name": name, "scopes": ["foreseen"]}, name="")
        for number in range(UPDATES):
            await send("user.update", {"id": user, "company": f"company {number}"}, wants=number % 2 == 0)


async def send_codes(wire: Wire, sent: list[Sent], plan: Plan) -> None:
    """One code after another, each to a number of its own; nobody else waits for the gateway."""
    while len(sent) < plan.count:
        body = {"telephone": f"+86139{uuid4().int % 10**10:010}"}
        sent.append(made := Sent(uuid4().hex, "sms.send_code", "", True, body))
        await carry_out(wire, made)
        await asyncio.sleep(plan.pause)


async def main(setting: str, plan: Plan) -> str:
    """Run the lanes, over a connection to each node; what was sent, as JSON."""
    wires = [Wire(BrokerAddresses(rotation)) for rotation in _rotations(split_urls(setting))]
    sent: list[Sent] = []
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, plan.stop)
    began = time.monotonic()
    lanes = [
        *(run_lane(wire, sent, plan) for wire, _ in zip(cycle(wires), range(LANES), strict=False)),
        *(send_codes(wire, sent, plan) for wire, _ in zip(cycle(wires), range(SENDERS), strict=False)),
    ]
    await asyncio.gather(*lanes)
    moments = [began, *sorted(moment for wire in wires for moment in wire.answered)]
    gap = max((after - before for before, after in pairwise(moments)), default=0.0)
    return json.dumps({"gap": gap, "sent": [asdict(each) for each in sent]})


def _rotations(urls: list[str]) -> list[list[str]]:
    return [urls[number:] + urls[:number] for number in range(len(urls))]


async def _connect(url: str) -> AbstractConnection:
    return await aio_pika.connect(url, timeout=3)


if __name__ == "__main__":
    pause = float(sys.argv[4]) if len(sys.argv) > 4 else 0.0
    Path(sys.argv[3]).write_text(asyncio.run(main(sys.argv[1], Plan(int(sys.argv[2]), pause))))
