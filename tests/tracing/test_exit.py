"""A collector that is away does not hold a program up when it ends."""

import asyncio
import os
from pathlib import Path

from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET, fresh_database

GRACE = 15.0  # the exporter alone, which tries again and again, takes more than 20


async def test_a_worker_ends_though_its_collector_is_away(restartable: RunningServers, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    env = {
        **os.environ,
        "USERBUS_AMQP_URL": restartable.amqp_url,
        "USERBUS_MONGO_URL": fresh_database(restartable.mongo_url),
        "USERBUS_SECRET_KEY": SECRET,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    worker = ForkedProgram(["worker"], env, StandardFiles(log, log))
    try:
        await wait_ready(log)
        async with Client(restartable.amqp_url) as client:
            for _ in range(600):  # more than one batch
                await client.refused("user.get", {"id": 9_000_000_000})
    finally:
        status = await asyncio.to_thread(worker.stop, GRACE)
    assert status == 0


async def wait_ready(log: Path) -> None:
    async with asyncio.timeout(PATIENCE):
        while not has_said(log, "worker ready"):
            await asyncio.sleep(0.1)


def has_said(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text()
