"""Redriving into a work queue that is full: what does not fit stays, and nothing is lost."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from devstack.servers import RunningServers
from models.store import Store
from tests.cli.letters import dead, dead_letters, held, log, waiting
from tests.client import Client
from tests.faults.conftest import FULL, SpawnWith, until_served
from tests.faults.stage import other_queues
from tests.faults.test_workers import check_events

LENGTH = 100


@pytest.fixture
async def short(breakable: RunningServers, worker_with: SpawnWith, caller: Client) -> AsyncIterator[None]:
    """Work queues that take no more than `LENGTH` messages, no dead letters, and no worker any more."""
    program = worker_with()
    await until_served(caller)
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
    ids = await dead(caller, LENGTH + 30)
    began = datetime.now(UTC)
    outcome = await dead_letters(url, "redrive", "--all", seconds=240)
    left = [message_id for message_id, _ in await waiting(url)]
    gone = [str(message.message_id) for message in await held(url, "userbus.user")]
    assert (len(gone) >= LENGTH, len(left) > 0, [*gone, *left]) == (True, True, ids)
    assert (outcome.exit_code, outcome.stdout) == (1, f"{len(gone)} redriven\n")
    assert "the queue for user.create is full: wait until the workers have caught up, then go on" in outcome.stderr
    assert [message_id for entry in await log(url, began) for message_id in entry.get("ids", [])] == gone

    program = worker_with(USERBUS_QUEUE_LENGTH=str(LENGTH))
    await program.says("worker ready")
    outcome = await dead_letters(url, "redrive", "--all", seconds=240)
    assert (outcome.exit_code, outcome.stdout) == (0, f"{len(left)} redriven\n")
    await check_events(store, {message_id: {} for message_id in ids}, seconds=120, entries=len(ids))
    assert await waiting(url) == []
    await program.stopped()
