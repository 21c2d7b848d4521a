"""A worker and a bridge with their metrics on, and what they send to: an SMS gateway and a receiver of webhooks."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devstack import probe
from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.gateway import Gateway, gateway
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.stack import ENCRYPTION_KEY, fresh_database

ANSWERS: list[tuple[int, Any]] = [
    (200, {}),
    (200, {}),
    (503, {}),
    (503, {}),
    (503, {}),
]  # the fifth part of the codes is not sent at first


@dataclass(frozen=True)
class ObservedPrograms:
    """Clients of bus and bridge, who receives webhooks and codes, and the ports of the metrics by program."""

    client: Client
    http: httpx.AsyncClient
    receiver: Gateway
    metrics: dict[str, int]


@asynccontextmanager
async def run_observed(up: RunningServers, home: Path) -> AsyncIterator[ObservedPrograms]:
    """Run both until the block ends, with logs in `home`."""
    port, metrics = free_port(), {"worker": free_port(), "bridge": free_port()}
    async with AsyncExitStack() as exits:
        receiver = await exits.enter_async_context(gateway(*ANSWERS * 10_000))
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")},
            "USERBUS_AMQP_URL": up.amqp_url,
            "USERBUS_MONGO_URL": fresh_database(up.mongo_url),
            "USERBUS_SECRET_KEY": secrets.token_hex(32),
            "USERBUS_ENCRYPTION_KEY": ENCRYPTION_KEY,
            "USERBUS_BRIDGE_PORT": str(port),
            "USERBUS_WORKER_PORT": str(metrics["worker"]),
            "USERBUS_BRIDGE_METRICS_PORT": str(metrics["bridge"]),
            "USERBUS_SMS_SENDER": "webhook",
            "USERBUS_SMS_URL": f"{receiver.url}/sms",
            "USERBUS_SMS_SECRET": secrets.token_hex(32),
            "USERBUS_WEBHOOK_NETWORKS": "127.0.0.0/8",
        }
        for name in metrics:
            log = home / f"{name}.log"
            exits.callback(ForkedProgram([name], env, StandardFiles(log, log)).stop)
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(probe.is_ready, port):
                await asyncio.sleep(0.1)  # nothing announces that another process is ready
        client = await exits.enter_async_context(Client(up.amqp_url))
        issued = await client.done("token.issue", {"name": "load", "scopes": ["foreseen", "rbac"]})
        bearer = {"Authorization": f"Bearer {issued['token']}"}
        http = await exits.enter_async_context(http_client(f"http://127.0.0.1:{port}", headers=bearer))
        yield ObservedPrograms(client, http, receiver, metrics)
