"""A relay in lanes: each subject's events in order while holders are killed and while the number of lanes changes."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from models.audit_chain import AuditChain
from models.audit_check import AuditCheck
from models.secrets.keys import Keys
from models.store.client import BsonDict, Store
from tests.faults.conftest import Program, SpawnWith, wait_served
from tests.faults.test_relays import EventRecorder, listen
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET

USERS = 40
LANES = "4"


class ChangingUsers:
    """Users that are changed one change after the other until told to stop, each by a task of its own."""

    def __init__(self, caller: Client, ids: list[int]) -> None:
        self._caller = caller
        self._ids = ids
        self._goes_on = True
        self.changes = dict.fromkeys(ids, 0)

    async def run(self) -> None:
        await asyncio.gather(*map(self._change, self._ids), self._import_some())

    def stop(self) -> None:
        self._goes_on = False

    async def _change(self, user: int) -> None:
        while self._goes_on:
            body = {"id": user, "company": f"company {self.changes[user]}"}
            await self._caller.settle("user.update", body, message_id=uuid4().hex)
            self.changes[user] += 1
            await asyncio.sleep(random.uniform(0.0, 0.1))

    async def _import_some(self) -> None:
        """Entries of many subjects, and so of all lanes."""
        while self._goes_on:
            rows = [{"username": f"i_{uuid4().hex[:12]}"} for _ in range(20)]
            await self._caller.settle("user.import", {"users": rows}, message_id=uuid4().hex)
            await asyncio.sleep(0.2)


@asynccontextmanager
async def changing_users(caller: Client) -> AsyncIterator[ChangingUsers]:
    """Users of whom every event is recorded, changed beside the block and until it ends."""
    batch = uuid4().hex[:10]
    rows = [{"username": f"l_{batch}_{number}"} for number in range(USERS)]
    await caller.done("user.import", {"users": rows})
    found = [await caller.done("user.get", {"username": row["username"]}) for row in rows]
    changing = ChangingUsers(caller, [user["id"] for user in found])
    task = asyncio.create_task(changing.run())
    try:
        yield changing
        changing.stop()
        await task
    finally:
        task.cancel()


async def read_lanes(store: Store) -> tuple[int, dict[str, str]]:
    """The number of lanes, and the process that holds each."""
    row: BsonDict = await store.collection("leases").find_one({"_id": "relay"}) or {}
    held = {lane: str(lease["owner"]).split(":")[1] for lane, lease in row.get("lanes", {}).items()}
    return row.get("number", 0), held


async def wait_spread(store: Store, count: int, processes: int) -> dict[str, str]:
    """Wait until there are so many lanes, held by so many processes; who holds which."""
    async with asyncio.timeout(PATIENCE):
        while True:
            number, held = await read_lanes(store)
            if number == len(held) == count and len({*held.values()}) == processes:
                return held
            await asyncio.sleep(0.1)


async def assert_told(heard: EventRecorder, changing: ChangingUsers, store: Store) -> None:
    """Each user's events came, all of them and in order; nothing is left to be sent."""
    expected = {f"user/{user}": [*range(1, count + 2)] for user, count in changing.changes.items()}
    async with asyncio.timeout(PATIENCE):
        while await store.collection("journal").count_documents({"pending": 1}):
            await asyncio.sleep(0.1)
        while any(len(heard.sequences[subject]) < len(told) for subject, told in expected.items()):
            await asyncio.sleep(0.5)
    told = heard.sequences
    assert {subject: told[subject] for subject in expected} == expected
    assert [sequence for subject, sequence in told.items() if subject not in expected and sequence != [1]] == []


async def seal(store: Store) -> None:
    """Seal the audit trail up to now, as workers do two minutes later."""
    chain = AuditChain(store, Keys(SECRET), timedelta(0))
    while await chain.append():
        pass


async def assert_sealed(store: Store) -> None:
    """The audit trail and its chain agree, from `seal` at the beginning up to the last entry."""
    await seal(store)
    checked = await AuditCheck(store, Keys(SECRET)).check_part(None, None, 1000)
    assert (checked.broken, checked.next) == (None, None)
    assert checked.entries >= USERS


async def ready(worker_with: SpawnWith, **settings: str) -> Program:
    worker = worker_with(**settings)
    await worker.says("worker ready")
    return worker


async def test_a_holder_is_killed_again_and_again(worker_with: SpawnWith, caller: Client, store: Store) -> None:
    workers = [await ready(worker_with, USERBUS_RELAY_LANES=LANES) for _ in range(3)]
    await wait_served(caller)
    heard = await listen(caller)
    await seal(store)
    async with changing_users(caller) as changing:
        for _ in range(3):
            held = await wait_spread(store, 4, 3)
            await asyncio.sleep(1)
            victim = next(worker for worker in workers if str(worker.pid) in held.values())
            victim.kill()
            workers.remove(victim)
            workers.append(await ready(worker_with, USERBUS_RELAY_LANES=LANES))
    await assert_told(heard, changing, store)
    await assert_sealed(store)


async def test_the_number_changes_under_load(worker_with: SpawnWith, caller: Client, store: Store) -> None:
    """One worker after the other is replaced by one of another number, stopped or killed; the others obey."""
    workers = [await ready(worker_with) for _ in range(2)]
    await wait_served(caller)
    heard = await listen(caller)
    async with changing_users(caller) as changing:
        for lanes, holders in ((4, 3), (2, 2), (1, 1)):
            workers.append(await ready(worker_with, USERBUS_RELAY_LANES=str(lanes)))
            await wait_spread(store, lanes, holders)
            await asyncio.sleep(1)
            first = workers.pop(0)
            if lanes == 2:
                first.kill()
            else:
                assert await first.stopped() == 0
    await assert_told(heard, changing, store)
