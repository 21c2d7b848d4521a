"""The HTTP server for operators of a worker, where its checks do not end."""

import asyncio
from typing import cast

import pytest

from tests.support.loopback import http_client
from worker.health_server import HealthServer
from worker.readiness import Readiness


class EndlessChecks:
    """Checks that wait for what never comes."""

    async def check(self) -> dict[str, object]:
        """Wait."""
        never: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()
        return await never


@pytest.mark.parametrize("path", ["/health/ready", "/metrics"])
async def test_checks_that_do_not_end_are_answered(path: str) -> None:
    health = HealthServer(cast(Readiness, EndlessChecks()), check_seconds=0.01)
    async with await asyncio.start_server(health.serve, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        async with http_client(f"http://127.0.0.1:{port}") as http:
            told, live = await http.get(path), await http.get("/health/live")
    assert (told.status_code, told.json()["status"]) == (503, "unready")
    assert told.json()["message"] == "the checks took longer than 0.01 s"
    assert (live.status_code, live.json()) == (200, {"status": "live"})


async def test_another_verb_or_path_is_told_what_there_is() -> None:
    async with await asyncio.start_server(HealthServer(cast(Readiness, EndlessChecks())).serve, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        async with http_client(f"http://127.0.0.1:{port}") as http:
            posted, elsewhere = await http.post("/health/live"), await http.get("/health")
    assert (posted.status_code, posted.json()) == (405, {"message": "only GET"})
    assert elsewhere.status_code == 404
    assert "/health/live, /health/ready and /metrics" in elsewhere.json()["message"]
