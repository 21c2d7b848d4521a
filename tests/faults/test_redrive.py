"""Redriving into a work queue that is full: what does not fit stays, and nothing is lost."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.faults.test_workers import check_events
from tests.support.client import Client
from tests.support.dead_letters import (
    add_dead_letters,
    handled_ids,
    read_log,
    read_queue,
    read_waiting,
    read_waiting_ids,
    run_dead,
)
from tests.support.faults.programs import FULL
from tests.support.faults.stage import other_queues

LENGTH = 100


@pytest.fixture
async def short(breakable: RunningServers, worker_with: SpawnWith, caller: Client) -> AsyncIterator[None]:
    """Work queues that take no more than `LENGTH` messages, no dead letters, and no worker any more."""
    program = worker_with()
    await wait_served(caller)
    await program.stopped()
    async with other_queues(breakable.amqp_url):
        program = worker_with(USERBUS_QUEUE_LENGTH=str(LENGTH))
        await program.says("worker ready")
        await program.stopped()
        await (await caller.channel.get_queue("userbus.dead", ensure=False)).purge()
        yield


@pytest.mark.skipif(not FULL, reason="tries for half a minute: part of `make faults`")
@pytest.mark.usefixtures("short")
async def test_a_full_work_queue_says_what_to_do_and_loses_none(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    url = breakable.amqp_url
    ids = await add_dead_letters(caller, LENGTH + 30)
    began = datetime.now(UTC)
    outcome = await run_dead(url, "redrive", "--all", seconds=240)
    left = await read_waiting_ids(url)
    gone = [str(message.message_id) for message in await read_queue(url, "userbus.user")]
    assert (len(gone) >= LENGTH, len(left) > 0, [*gone, *left]) == (True, True, ids)
    assert (outcome.exit_code, outcome.stdout) == (1, f"{len(gone)} redriven\n")
    assert "the queue for user.create is full: wait until the workers have caught up, then go on" in outcome.stderr
    assert handled_ids(await read_log(url, began)) == gone

    program = worker_with(USERBUS_QUEUE_LENGTH=str(LENGTH))
    await program.says("worker ready")
    outcome = await run_dead(url, "redrive", "--all", seconds=240)
    assert (outcome.exit_code, outcome.stdout) == (0, f"{len(left)} redriven\n")
    await check_events(store, {message_id: {} for message_id in ids}, seconds=120, entries=len(ids))
    assert await read_waiting(url) == []
    await program.stopped()
