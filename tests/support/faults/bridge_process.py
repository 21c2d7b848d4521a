"""A bridge as a process of its own."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devstack.ports import free_port
from devstack.programs import ChildProgram
from tests.support.faults.programs import start_module
from tests.support.forked_programs import ForkedProgram
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class BridgeProcess:
    """A running bridge; its foreseen dialect asks for no token."""

    http: httpx.AsyncClient
    program: ChildProgram | ForkedProgram

    async def read_ready(self) -> tuple[int, dict[str, Any]]:
        """What /health/ready says: its status, and each part's state."""
        answer = await self.http.get("/health/ready")
        return answer.status_code, answer.json()["parts"]

    async def wait_until(
        self, wanted: Callable[[dict[str, Any]], bool], status: int, seconds: float = PATIENCE
    ) -> None:
        """Wait until the parts are as wanted, and see that the status is right and that it is live all the same."""
        async with asyncio.timeout(seconds):
            while True:
                found, parts = await self.read_ready()
                if wanted(parts):
                    break
                await asyncio.sleep(0.1)
        assert found == status
        assert (await self.http.get("/health/live")).status_code == 200


@asynccontextmanager
async def run_bridge(amqp_url: str, folder: Path) -> AsyncIterator[BridgeProcess]:
    """A bridge on a free port until the block ends."""
    port = free_port()
    env = {
        **os.environ,
        "USERBUS_AMQP_URL": amqp_url,
        "USERBUS_BRIDGE_PORT": str(port),
        "USERBUS_BRIDGE_OPEN_DIALECTS": "foreseen",
        "USERBUS_BRIDGE_TIMEOUT": str(2 * PATIENCE),
    }
    program = start_module("bridge", env, folder / "bridge.log")
    try:
        async with http_client(f"http://127.0.0.1:{port}") as http:
            bridge = BridgeProcess(http, program)
            await _wait_served(bridge)
            yield bridge
    finally:
        program.stop(PATIENCE)


async def _wait_served(bridge: BridgeProcess) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await bridge.http.get("/health/live")
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
