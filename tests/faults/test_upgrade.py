"""Workers are replaced one after another, as docs/operations.md says of an upgrade, while a load goes on."""

import os
import signal
from pathlib import Path

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults.audit import audit, listen, wait_quiet
from tests.support.faults.stage import open_stage, read_sent, run_load
from tests.support.faults.table import Table

MANY = 1_000_000  # the load is told when to end
PAUSE = 0.1
SEVERAL = 20  # commands that are carried out between two steps


async def test_replacing_the_workers_one_after_another_leaves_no_call_unanswered(
    breakable: RunningServers, worker_with: SpawnWith, store: Store, table: Table, tmp_path: Path
) -> None:
    async with open_stage(breakable, worker_with, store, 2) as stage:
        async with Client(breakable.amqp_url) as caller:
            await wait_served(caller)
            await listen(caller)
        async with run_load(breakable.amqp_url, MANY, tmp_path, PAUSE) as load:
            for post in stage.posts:
                await stage.wait_journalled(SEVERAL)
                assert await post.worker.stopped() == 0
                await stage.wait_journalled(SEVERAL)  # by the other one alone
                post.worker = post.start()
                await post.worker.says("worker ready")
            await stage.wait_journalled(SEVERAL)
            assert load.exit_code is None
            os.kill(load.pid, signal.SIGUSR1)
        written = read_sent(tmp_path)
        async with Client(breakable.amqp_url) as caller:
            await wait_quiet(caller, store, written["sent"])
            outcome = await audit(caller, store, written["sent"], written["gap"])
        table.add("replace the workers one after another", outcome)
        assert outcome.flaws == {}
        assert outcome.unanswered == 0
        assert sum(each["refused"] + each["lost"] + each["unavailable"] for each in written["sent"]) == 0
