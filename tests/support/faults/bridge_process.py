"""A bridge as a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devstack.ports import free_port
from devstack.programs import ChildProgram, spawn


@dataclass(frozen=True)
class Door:
    """A running bridge; its foreseen dialect asks for no token."""

    http: httpx.AsyncClient
    program: ChildProgram

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """What /health/ready says: its status, and each part's state."""
        answer = await self.http.get("/health/ready")
        return answer.status_code, answer.json()["parts"]

    async def turns(self, wanted: Callable[[dict[str, Any]], bool], status: int, seconds: float = 30.0) -> None:
        """Wait until the parts are as wanted, and see that the status is right and that it is live all the same."""
        async with asyncio.timeout(seconds):
            while True:
                found, parts = await self.ready()
                if wanted(parts):
                    break
                await asyncio.sleep(0.1)
        assert found == status
        assert (await self.http.get("/health/live")).status_code == 200


@asynccontextmanager
async def bridging(amqp_url: str, folder: Path) -> AsyncIterator[Door]:
    """A bridge on a free port until the block ends."""
    port = free_port()
    env = {
        **os.environ,
        "USERBUS_AMQP_URL": amqp_url,
        "USERBUS_BRIDGE_PORT": str(port),
        "USERBUS_BRIDGE_OPEN_DIALECTS": "foreseen",
    }
    program = spawn([sys.executable, "-m", "bridge"], env, folder / "bridge.log", name="bridge")
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http:
            door = Door(http, program)
            await _served(door)
            yield door
    finally:
        program.stop(20)


async def _served(door: Door) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await door.http.get("/health/live")
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
