"""`python -m bridge` as a process of its own."""

import asyncio
import json
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
from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.scripted_worker import GOOD, NOW, TOKEN, USER, ScriptedWorker, done_reply, wait_until


@pytest.fixture
def timeout() -> str:
    return str(PATIENCE)


@pytest.fixture
def more() -> dict[str, str]:
    """Settings of one test."""
    return {}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "bridge.log"


@pytest.fixture
def process(
    broker: RunningServers, worker: ScriptedWorker, port: int, timeout: str, more: dict[str, str], log: Path
) -> Iterator[ForkedProgram]:
    """The process; it starts after the worker, without whose exchange it would wait."""
    told = {
        "USERBUS_AMQP_URL": broker.amqp_url,
        "USERBUS_BRIDGE_PORT": str(port),
        "USERBUS_BRIDGE_TIMEOUT": timeout,
        "USERBUS_LOG_FORMAT": "json",
    }
    running = ForkedProgram(["bridge"], os.environ | told | more, StandardFiles(log, log))
    yield running
    running.stop()


def wait_ended(process: ForkedProgram, log: Path) -> tuple[int, str]:
    """Its exit status, and what it has logged."""
    return process.wait(), log.read_text()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def client(process: ForkedProgram, port: int) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": GOOD}
    async with http_client(f"http://127.0.0.1:{port}", headers=headers) as client:
        await wait_serving(client)
        yield client


async def wait_serving(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await client.get("/health/live")
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("timeout", ["2"])
async def test_requests_in_progress_are_finished_when_it_is_stopped(
    process: ForkedProgram, client: httpx.AsyncClient, worker: ScriptedWorker, timeout: str, log: Path
) -> None:
    worker.set_reply("user.get", None)
    call = asyncio.create_task(client.get("/user/ada", headers={"X-Request-Id": "r-1"}))
    await wait_until(lambda: len(worker.requests) == 1)
    process.send_signal(signal.SIGTERM)
    answer = await call
    assert (answer.status_code, answer.json()["error_code"]) == (504, 5041)
    status, logged = await asyncio.to_thread(wait_ended, process, log)
    assert status == 0
    assert '"request_id": "r-1"' in logged
    assert GOOD not in logged


async def test_each_request_is_one_log_line_that_tells_who_called_what(
    process: ForkedProgram, client: httpx.AsyncClient, worker: ScriptedWorker, log: Path
) -> None:
    worker.set_reply("user.get", done_reply(USER))
    worker.set_reply("token.verify", done_reply(TOKEN))
    calls = [("/user/ada?token=pencil", GOOD), ("/user/ada", ""), ("/user/a/b", GOOD), ("/nowhere/pencil", GOOD)]
    for n, (path, token) in enumerate(calls):
        await client.get(path, headers={"X-Request-Id": f"r-{n}", "Authorization": token})
    process.send_signal(signal.SIGTERM)
    _, logged = await asyncio.to_thread(wait_ended, process, log)
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    fields = ("request_id", "method", "dialect", "route", "actor", "address", "status")
    told = [tuple(line[field] for field in fields) for line in lines if line.get("request_id", "").startswith("r-")]
    assert told == [
        ("r-0", "GET", "foreseen", "/user/{username}", f"token:{TOKEN['id']}", "127.0.0.1", 200),
        ("r-1", "GET", "foreseen", "/user/{username}", None, "127.0.0.1", 401),
        ("r-2", "GET", "foreseen", None, None, "127.0.0.1", 404),
        ("r-3", "GET", None, None, None, "127.0.0.1", 404),
    ]
    assert "pencil" not in logged


async def test_an_upgrade_to_websockets_is_answered_as_a_plain_request(
    client: httpx.AsyncClient, worker: ScriptedWorker
) -> None:
    worker.set_reply("user.get", done_reply(USER))
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert (await client.get("/user/ada", headers=upgrade | key)).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_signal_is_not_a_failure(
    process: ForkedProgram, client: httpx.AsyncClient, number: signal.Signals, log: Path
) -> None:
    process.send_signal(number)
    status, logged = await asyncio.to_thread(wait_ended, process, log)
    assert status == 0
    assert "Traceback" not in logged


def run_with(folder: Path, **told: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    given = kept | told | {"USERBUS_SECRETS_DIR": str(folder)}
    command = [sys.executable, "-m", "bridge"]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_wrong_settings_are_reported_in_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "userbus_bridge_timeout").write_text("-1")
    (tmp_path / "userbus_amqp_url").write_text("amqp://u:pencil@h/")
    ended = run_with(tmp_path, USERBUS_BRIDGE_PORT="many", USERBUS_BRIDGE_OPEN_DIALECTS="passprot")
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    names = ["USERBUS_BRIDGE_OPEN_DIALECTS", "USERBUS_BRIDGE_PORT", "USERBUS_BRIDGE_TIMEOUT"]
    assert sorted(line.split(": ")[1] for line in lines) == names
    assert "pencil" not in ended.stderr


async def test_answers_do_not_name_the_server(client: httpx.AsyncClient, worker: ScriptedWorker) -> None:
    worker.set_reply("user.get", done_reply(USER))
    answer = await client.get("/user/ada")
    assert answer.status_code == 200
    assert not {"server", "date"} & set(answer.headers)


async def test_forwarded_addresses_are_not_trusted_by_default(
    client: httpx.AsyncClient, worker: ScriptedWorker
) -> None:
    worker.set_reply("sms.send_code", done_reply({"expires_at": NOW, "resend_at": NOW}))
    body, forged = {"telephone": "13812345678"}, {"X-Forwarded-For": "203.0.113.7"}
    assert (await client.post("/v1/identity/sms", json=body, headers=forged)).status_code == 200
    assert worker.bodies() == [{**body, "client_address": "127.0.0.1"}]


@pytest.mark.parametrize("more", [{"USERBUS_TRUSTED_PROXIES": "127.0.0.1"}], ids=str)
async def test_of_forwarded_addresses_the_one_that_the_trusted_proxy_has_seen_counts(
    client: httpx.AsyncClient, worker: ScriptedWorker
) -> None:
    worker.set_reply("sms.send_code", done_reply({"expires_at": NOW, "resend_at": NOW}))
    body, forwarded = {"telephone": "13812345678"}, {"X-Forwarded-For": "192.0.2.1, 203.0.113.7"}
    assert (await client.post("/v1/identity/sms", json=body, headers=forwarded)).status_code == 200
    assert worker.bodies() == [{**body, "client_address": "203.0.113.7"}]


async def test_a_connection_that_asks_nothing_more_is_closed(client: httpx.AsyncClient, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert b" 200 " in await reader.read()
    writer.close()


@pytest.mark.parametrize(
    "more", [{"USERBUS_MAX_CONNECTIONS": "3"}, {"USERBUS_MAX_CONNECTIONS_PER_ADDRESS": "3"}], ids=str
)
async def test_connections_are_limited_by_setting(client: httpx.AsyncClient, port: int) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
    answers = [asyncio.create_task(reader.read()) for reader, _ in opened]
    await asyncio.wait(answers, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for _, writer in opened:
        writer.close()
    refused = [answer for answer in await asyncio.gather(*answers) if answer.startswith(b"HTTP/1.1 503 ")]
    assert 1 <= len(refused) <= 4
