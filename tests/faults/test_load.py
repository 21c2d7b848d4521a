"""A mixed load from another process, one kind of damage, and then a count of what should be there against what is."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Protocol

import pytest

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults import damages, message_faults
from tests.support.faults.audit import audit, listen, read_depths, wait_quiet
from tests.support.faults.damages import Damage
from tests.support.faults.programs import FULL
from tests.support.faults.stage import open_stage, other_queues, read_sent, run_load
from tests.support.faults.table import Table

COMMANDS = 1000 if FULL else 200
WORKERS = 3 if FULL else 2

SHORT: list[Damage] = [
    damages.kill_a_worker,
    damages.cut_the_broker_off,
    damages.swallow_what_is_sent_to_the_database,
    message_faults.send_one_command_fifty_times_at_once,
    message_faults.race_for_one_email,
]
LONG: list[Damage] = [
    damages.nothing,
    damages.kill_all_workers,
    damages.kill_between_commit_and_reply,
    damages.kill_between_reply_and_acknowledgement,
    damages.kill_between_commit_and_event,
    damages.freeze_who_relays,
    damages.restart_rabbitmq,
    damages.kill_mongodb,
    damages.step_down,
    damages.swallow_what_is_sent_to_the_broker,
    damages.cut_the_database_off,
    message_faults.poison_the_queues,
    message_faults.let_the_gateway_hang,
    message_faults.let_the_gateway_fail,
]
# a worker and the way to it are there all the time: every call is answered before its deadline
HEARD: list[Damage] = [
    damages.nothing,
    damages.step_down,
    damages.kill_mongodb,
    damages.cut_the_database_off,
    damages.swallow_what_is_sent_to_the_database,
    message_faults.send_one_command_fifty_times_at_once,
    message_faults.race_for_one_email,
    message_faults.let_the_gateway_hang,
    message_faults.let_the_gateway_fail,
]


class Play(Protocol):
    """Does the damage to workers with these settings under the load; gives what the load has sent."""

    def __call__(self, damage: Damage, **settings: str) -> Awaitable[list[dict[str, Any]]]: ...


@pytest.fixture
def play(breakable: RunningServers, worker_with: SpawnWith, store: Store, table: Table, tmp_path: Path) -> Play:
    async def played(damage: Damage, **settings: str) -> list[dict[str, Any]]:
        async with open_stage(breakable, worker_with, store, WORKERS, **settings) as stage:
            async with Client(breakable.amqp_url) as caller:
                await wait_served(caller)
                await listen(caller)
            async with run_load(breakable.amqp_url, COMMANDS, tmp_path) as load:
                await stage.wait_journalled(COMMANDS // 5)
                assert load.exit_code is None  # else there is nothing to disturb
                await damage(stage)
            written = read_sent(tmp_path)
            async with Client(breakable.amqp_url) as caller:
                await wait_quiet(caller, store, written["sent"])
                outcome = await audit(caller, store, written["sent"], written["gap"])
            table.add(damage.__name__.replace("_", " "), outcome)
            assert outcome.commands >= COMMANDS
            assert outcome.flaws == {}
            assert outcome.unanswered == 0 or damage not in HEARD
            assert [post.worker.exit_code for post in stage.posts] == [None] * WORKERS
        async with Client(breakable.amqp_url) as caller:
            assert await read_depths(caller) == {}  # what a worker had in flight would be back by now
        return list(written["sent"])

    return played


@pytest.mark.parametrize("damage", [*SHORT, *(LONG if FULL else [])])
async def test_every_confirmed_command_has_one_effect_its_events_and_its_answer(play: Play, damage: Damage) -> None:
    await play(damage)


async def test_a_full_queue_refuses_and_loses_nothing(breakable: RunningServers, play: Play) -> None:
    async with other_queues(breakable.amqp_url):
        sent = await play(message_faults.fill_a_queue, USERBUS_QUEUE_LENGTH="100")
    assert sum(each["refused"] for each in sent) > 0
