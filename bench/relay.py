"""How fast one relay publishes a backlog: journal entries of one event each, in a database without a worker."""

import asyncio
import time
from uuid import uuid4

from bench.rows import Figure
from bench.support import Bench
from contracts.cancellation import cancel
from handlers.cloudevents import cloud_event
from handlers.views import user_view
from models.secrets.keys import Keys
from models.seeds import prepare
from models.store.client import Store
from models.store.journal import CommandContext, Journal
from models.store.lane_leases import LaneLeases
from models.store.outbox import Outbox
from models.unit_of_work import Emitted
from models.users import Account, User
from worker.bus.publisher import Publisher
from worker.bus.relay import LEASE_SECONDS, Relay
from worker.bus.relay_signal import RelaySignal

CHECK_INTERVAL = 0.02
LONGEST_DRAIN = 60.0


async def measure_relay(bench: Bench) -> list[Figure]:
    """Fill and drain in every round; events a second, and the processor time of an event."""
    up, rates, costs = bench.programs.up, list[float](), list[float]()
    store = Store(up.mongo_url.replace("/userbus?", "/bench_relay?"))
    await prepare(store)
    async with Publisher(up.amqp_url, "bench", confirms=True) as publisher:
        for _ in range(bench.plan.rounds):
            await _fill(store, bench.plan.drained)
            cpu, spent = time.process_time(), await _drain(store, publisher, bench.plan.drained)
            costs.append((time.process_time() - cpu) / bench.plan.drained * 1e6)
            rates.append(bench.plan.drained / spent)
    await store.close()
    return [
        Figure("relay drain, one event an entry", "events/s", rates, "≥ 8,000"),
        Figure("relay, processor time of its process", "µs an event", costs),
    ]


async def _fill(store: Store, events: int) -> None:
    """Insert journal entries, each with one event about a user of its own with two accounts."""
    journal = Journal(store, Keys("a key for measuring"))
    entries = []
    for number in range(events):
        caller = CommandContext("user.create", uuid4().hex, "digest", app_id="bench")
        accounts = [Account(account_id=2 * number + k, integration=f"i{k}", account=uuid4().hex) for k in (0, 1)]
        user = User(id=number + 1, username=uuid4().hex, email=f"{number}@example.com", accounts=accounts)
        event = cloud_event(Emitted("user.created", user.subject, 1, user_view(user)), caller)
        entries += journal.make_entries(caller, "{}", [event])
    await store.collection("journal").insert_many(entries)


async def _drain(store: Store, publisher: Publisher, events: int) -> float:
    """Relay so many events until the outbox is empty; the seconds it took. Raises TimeoutError when it does not end."""
    outbox = Outbox(store)
    relay = Relay(outbox, LaneLeases(store, "bench", LEASE_SECONDS).lease(), publisher, RelaySignal(publisher))
    began = time.perf_counter()
    task = asyncio.create_task(relay.run())
    async with asyncio.timeout(LONGEST_DRAIN):
        # the outbox is asked at the end alone: a look at its front passes whatever was sent in the last minutes
        while relay.sent.total() < events or await outbox.find_oldest():
            if task.done():
                task.result()
            await asyncio.sleep(CHECK_INTERVAL)
    spent = time.perf_counter() - began
    await cancel(task)
    return spent
