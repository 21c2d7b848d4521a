"""A little of everything that the dashboard shows."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import uuid4

from contracts.cancellation import cancel
from tests.support.client import Client
from tests.support.dashboard.programs import ObservedPrograms
from tests.support.foreseen import new_name, user

Act = Callable[[int], Awaitable[Any]]


@asynccontextmanager
async def keep_busy(programs: ObservedPrograms) -> AsyncIterator[None]:
    """Send requests of many kinds, also such as fail, until the block ends."""
    acts = await _acts(programs)
    loops = [asyncio.create_task(_repeat(act, pause)) for act, pause in acts.items()]
    try:
        yield
        for loop in loops:
            if loop.done():
                loop.result()  # what ended it
    finally:
        await asyncio.gather(*map(cancel, loops))


async def send_garbage(client: Client) -> None:
    """Send a command that cannot be read, and that nobody waits for: it is dead-lettered."""
    await client.send("user.create", b"{", timestamp=None)


async def _acts(programs: ObservedPrograms) -> dict[Act, float]:
    """What is done over and over, each with the mean of its pauses in seconds."""
    client, http = programs.client, programs.http
    hook = {"url": f"{programs.receiver.url}/hook", "events": ["user.*"]}
    await client.done("webhook.create", hook)
    people = [(await client.done("user.create", {"username": new_name()}))["id"] for _ in range(20)]
    wrong = {"id": "nobody", "secret": "w" * 32}

    async def send_burst(number: int) -> None:
        size = random.randint(1, 12)
        await asyncio.gather(*(client.done("user.create", {"username": new_name()}) for _ in range(size)))

    return {
        lambda _: client.done("user.get", {"id": random.choice(people)}): 0.01,
        lambda _: client.done("user.search", {"size": 5}): 0.3,
        send_burst: 0.3,
        lambda _: client.done("user.create", {"username": new_name(), "password": f"long {uuid4().hex}"}): 0.2,
        lambda number: client.done(("user.disable", "user.enable")[number % 2], {"id": people[0]}): 0.3,
        lambda _: client.call("user.create", {"username": "not a username \n"}): 2,
        lambda _: client.send("sms.send_code", {"telephone": f"138{random.randrange(10**8):08}"}): 1,
        lambda _: client.call("tenant.verify", wrong): 3,
        lambda _: send_garbage(client): 20,
        lambda _: http.post("/user", json=user()): 0.15,
        lambda _: http.get(f"/user/{new_name()}"): 0.3,
        lambda _: http.get("/api/role"): 0.15,
        lambda _: http.get("/api/user", headers={"Authorization": "Bearer wrong"}): 3,
    }


async def _repeat(act: Act, pause: float) -> None:
    for number in count():
        await act(number)
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))
