"""Three workers and two bridges on a cluster, started once: nothing of it is ever restarted by hand."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import httpx
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from devstack.ports import free_port
from devstack.programs import ChildProgram, spawn
from tests.support.cluster.broker_cluster import BrokerCluster, BrokerNode, broker_cluster
from tests.support.cluster.replica_set import ReplicaSet, replica_set
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET


@dataclass(frozen=True)
class ClusterStage:
    """The servers, and the processes upon them with their addresses."""

    broker: BrokerCluster
    database: ReplicaSet
    programs: list[ChildProgram]
    worker_urls: list[str]
    bridge_urls: list[str]

    async def wait_ready(self, seconds: float = 2 * PATIENCE) -> None:
        """Wait until the servers are whole again, and every worker and bridge says that it can serve."""
        async with asyncio.timeout(seconds), http_client() as http:
            await asyncio.to_thread(self.database.wait_whole)
            while not all([await _is_ready(http, url) for url in (*self.worker_urls, *self.bridge_urls)]):
                await asyncio.sleep(0.2)

    async def find_node(self) -> BrokerNode:
        """A broker node that takes clients."""
        for node in self.broker.nodes:
            try:
                await (await aio_pika.connect(node.url, timeout=2)).close()
            except (*CONNECTION_EXCEPTIONS, TimeoutError):
                continue
            return node
        raise ConnectionError("no node takes clients")


async def _is_ready(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/health/ready", timeout=5)).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def cluster_stage(home: Path) -> Iterator[ClusterStage]:
    """Run all of it until the block ends; logs are in `home`."""
    with replica_set(home) as database, broker_cluster(home) as broker, ExitStack() as exits:
        servers = {"USERBUS_AMQP_URL": broker.url, "USERBUS_MONGO_URL": database.url}
        programs: list[ChildProgram] = []

        def start(module: str, name: str, setting: str, **settings: str) -> str:
            port = free_port()
            env = {**os.environ, **servers, **settings, setting: str(port)}
            programs.append(spawn([sys.executable, "-m", module], env, home / f"{name}.log", name=name))
            exits.callback(programs[-1].stop, PATIENCE)
            return f"http://127.0.0.1:{port}"

        workers, bridges = _start_workers(start, home), _start_bridges(start)
        yield ClusterStage(broker, database, programs, workers, bridges)


def _start_workers(start: Callable[..., str], home: Path) -> list[str]:
    settings = {
        "USERBUS_SECRET_KEY": SECRET,
        "USERBUS_SMS_SENDER": "log",
        "USERBUS_SMS_LOG": str(home / "sms.log"),
        "USERBUS_SMS_PER_ADDRESS": "0",
    }
    return [start("worker", f"worker{number}", "USERBUS_WORKER_PORT", **settings) for number in range(3)]


def _start_bridges(start: Callable[..., str]) -> list[str]:
    return [
        start("bridge", f"bridge{number}", "USERBUS_BRIDGE_PORT", USERBUS_BRIDGE_OPEN_DIALECTS="foreseen")
        for number in range(2)
    ]
