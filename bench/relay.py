"""How fast the relay drains a backlog: entries with pending events, one relay, until nothing waits.

Run: python -m bench.relay [events] [events an entry] [rounds]
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import uvloop

from devstack.servers import RunningServers, servers
from handlers.events import outgoing
from handlers.nudge import Nudge
from handlers.outlet import Outlet
from handlers.relay import LEASE_SECONDS, Relay
from handlers.topology import declare
from handlers.views import user_view
from models.indexes import prepare
from models.journal import Caller, Journal
from models.keys import Keys
from models.outbox import Lease, Outbox
from models.store import Store
from models.unit import Emitted
from models.users import Account, User

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
EACH = int(sys.argv[2]) if len(sys.argv) > 2 else 1
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
LOOK_SECONDS = 0.05


async def fill(store: Store) -> None:
    """One entry a command, each about users of its own, with two accounts each."""
    journal = Journal(store, Keys("a key for measuring"))
    for start in range(0, EVENTS, EACH):
        caller = Caller("user.import", uuid4().hex, "digest", "bench")
        events = []
        for number in range(start, min(start + EACH, EVENTS)):
            accounts = [Account(account_id=2 * number + k, integration=f"i{k}", account=uuid4().hex) for k in (0, 1)]
            user = User(id=number + 1, username=uuid4().hex, email=f"{number}@example.com", accounts=accounts)
            events.append(outgoing(Emitted("user.created", user.subject, 1, user_view(user)), caller))
        await journal.write(caller, "{}", events)


async def drain(store: Store, outlet: Outlet) -> float:
    """Seconds until the outbox is empty."""
    outbox = Outbox(store)
    relay = Relay(outbox, Lease(store, "relay", "bench", LEASE_SECONDS), outlet, Nudge(outlet))
    began = time.perf_counter()
    task = asyncio.create_task(relay.run())
    while await outbox.oldest():  # noqa: ASYNC110  # it tells its state, but no change of it
        await asyncio.sleep(LOOK_SECONDS)
    spent = time.perf_counter() - began
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return spent


async def measure(up: RunningServers) -> None:
    """Fill and drain, several times."""
    store = Store(up.mongo_url)
    await prepare(store)
    async with Outlet(up.amqp_url, "bench", confirms=True) as outlet:
        await declare(outlet.channel, 100_000, 7)
        for _ in range(ROUNDS):
            await fill(store)
            cpu, spent = time.process_time(), await drain(store, outlet)
            cpu = (time.process_time() - cpu) / EVENTS * 1e6
            line = f"{EVENTS} events, {EACH} an entry: {EVENTS / spent:7.0f}/s   relay {cpu:4.0f} µs an event"
            print(f"{line}   load {os.getloadavg()[0]:.1f}", flush=True)
    await store.close()


def main() -> None:
    """On servers of its own."""
    with TemporaryDirectory() as home, servers(Path(home)) as up:
        uvloop.run(measure(up))


if __name__ == "__main__":
    main()
