"""`python -m bridge` as a process of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.bridge.responder import GOOD, NOW, USER, Responder, done, eventually

Process = subprocess.Popen[bytes]


@pytest.fixture
def process(broker: RunningServers, worker: Responder, port: int) -> Iterator[Process]:
    """Started after the worker, whose exchange it would have to wait for."""
    told = {"USERBUS_AMQP_URL": broker.amqp_url, "USERBUS_BRIDGE_PORT": str(port), "USERBUS_LOG_FORMAT": "json"}
    with subprocess.Popen([sys.executable, "-m", "bridge"], env=os.environ | told, stderr=subprocess.PIPE) as running:
        yield running
        running.terminate()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def client(process: Process, port: int) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": GOOD}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=15) as client:
        await up(client)
        yield client


async def up(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                await client.get("/health/live")
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


async def test_it_finishes_what_is_in_hand_when_it_is_stopped(
    process: Process, client: httpx.AsyncClient, worker: Responder
) -> None:
    worker.says("user.get", None)
    call = asyncio.create_task(client.get("/user/ada", headers={"X-Request-Id": "r-1"}))
    await eventually(lambda: len(worker.seen) == 1)
    process.send_signal(signal.SIGTERM)
    answer = await call
    assert (answer.status_code, answer.json()["error_code"]) == (504, 5041)
    _, logged = await asyncio.to_thread(process.communicate, timeout=15)
    assert process.returncode == 0
    assert b'"request_id": "r-1"' in logged
    assert GOOD.encode() not in logged


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_to_be_told_to_stop_is_no_failure(
    process: Process, client: httpx.AsyncClient, number: signal.Signals
) -> None:
    process.send_signal(number)
    _, logged = await asyncio.to_thread(process.communicate, timeout=15)
    assert process.returncode == 0
    assert b"Traceback" not in logged


def started(folder: Path, **told: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    given = kept | told | {"USERBUS_SECRETS_DIR": str(folder)}
    command = [sys.executable, "-m", "bridge"]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)


def test_wrong_settings_are_told_in_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "userbus_bridge_timeout").write_text("-1")
    (tmp_path / "userbus_amqp_url").write_text("amqp://u:pencil@h/")
    ended = started(tmp_path, USERBUS_BRIDGE_PORT="many", USERBUS_BRIDGE_OPEN_DIALECTS="passprot")
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    names = ["USERBUS_BRIDGE_OPEN_DIALECTS", "USERBUS_BRIDGE_PORT", "USERBUS_BRIDGE_TIMEOUT"]
    assert sorted(line.split(": ")[1] for line in lines) == names
    assert "pencil" not in ended.stderr


async def test_answers_do_not_name_the_server(client: httpx.AsyncClient, worker: Responder) -> None:
    worker.says("user.get", done(USER))
    answer = await client.get("/user/ada")
    assert answer.status_code == 200
    assert not {"server", "date"} & set(answer.headers)


async def test_nobody_is_believed_about_where_a_request_comes_from(
    client: httpx.AsyncClient, worker: Responder
) -> None:
    worker.says("sms.send_code", done({"expires_at": NOW, "resend_at": NOW}))
    body, forged = {"telephone": "13812345678"}, {"X-Forwarded-For": "203.0.113.7"}
    assert (await client.post("/v1/identity/sms", json=body, headers=forged)).status_code == 200
    assert worker.bodies() == [{**body, "client_address": "127.0.0.1"}]
