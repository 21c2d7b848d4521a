"""The server's wheel in an environment that has nothing else, run from an empty folder."""

import ast
import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from importlib.metadata import Distribution
from pathlib import Path
from typing import ParamSpec
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from devstack.keys import random_key
from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.support.patience import PATIENCE
from tests.support.source import packages
from tests.support.wheel import InstalledWheel, install_wheel, run

OPTIONAL = ("userbus_server.tracing.export", "userbus_server.tracing.recorder")  # need the extra `tracing`
IMPORT_ALL = f"""
import importlib, pkgutil, userbus_server
names = [found.name for found in pkgutil.walk_packages(userbus_server.__path__, "userbus_server.")]
for name in names:
    if not name.endswith("__main__") and name not in {OPTIONAL}:
        importlib.import_module(name)
print(len(names))
"""


P = ParamSpec("P")


def off_loop(test: Callable[P, None]) -> Callable[P, Awaitable[None]]:
    """Run a test in a thread: while the loop stands still for half a minute, the broker drops all connections of it."""

    @wraps(test)
    async def run_in_thread(*args: P.args, **kwargs: P.kwargs) -> None:
        await asyncio.to_thread(test, *args, **kwargs)

    return run_in_thread


@pytest.fixture(scope="module")
async def wheel(tmp_path_factory: pytest.TempPathFactory) -> InstalledWheel:
    return await asyncio.to_thread(install_wheel, "userbus", tmp_path_factory.mktemp("wheel"), "up")


@pytest.fixture
async def env(wheel: InstalledWheel, tmp_path: Path, running: RunningServers) -> dict[str, str]:
    """The environment of a machine that has the wheel, and free ports for what it starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("USERBUS_", "PYTHON"))}
    return kept | {
        "PATH": f"{wheel.python.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "USERBUS_AMQP_URL": running.amqp_url,
        "USERBUS_MONGO_URL": running.mongo_url,
        "USERBUS_SECRET_KEY": random_key(),
        "USERBUS_BRIDGE_PORT": str(free_port()),
        "USERBUS_WORKER_PORT": str(free_port()),
    }


def start(tmp_path: Path, env: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    with (tmp_path / f"{words[0]}.log").open("w") as log:
        return subprocess.Popen(["userbus", *words], cwd=tmp_path, env=env, stdout=log, stderr=log)


def wait_until_ready(url: str, popen: subprocess.Popen[bytes]) -> None:
    """Wait for 200; a program does not announce that it is ready."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert popen.poll() is None
        try:
            with urlopen(f"{url}/health/ready", timeout=PATIENCE):
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"{url} was not ready")


def stop(popen: subprocess.Popen[bytes], number: signal.Signals) -> int:
    popen.send_signal(number)
    return popen.wait(PATIENCE)


def ask(folder: Path, env: dict[str, str], *words: str) -> str:
    ended = subprocess.run(["userbus", *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@off_loop
def test_it_brings_one_name_and_one_command(wheel: InstalledWheel) -> None:
    files = [line.split(",")[0] for line in (wheel.metadata / "RECORD").read_text().splitlines()]
    assert {name.split("/")[0] for name in files} == {"userbus_server", wheel.metadata.name, ".."}
    assert [name for name in files if name.startswith("..")] == ["../../../bin/userbus"]
    (command,) = Distribution.at(wheel.metadata).entry_points
    assert (command.name, command.value) == ("userbus", "userbus_server.cli.main:app")


@off_loop
def test_its_modules_import_none_of_ours_by_a_general_name(wheel: InstalledWheel) -> None:
    general = {
        f"{module}: {node.module or ''}"
        for module in (wheel.metadata.parent / "userbus_server").rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in packages()
    }
    assert general == set()
    assert int(run(wheel.python, "-I", "-c", IMPORT_ALL, folder=wheel.folder)) > 300


@off_loop
def test_worker_and_bridge_are_commands_and_serve(tmp_path: Path, env: dict[str, str]) -> None:
    bridge_url = f"http://127.0.0.1:{env['USERBUS_BRIDGE_PORT']}"
    worker, bridge = start(tmp_path, env, "worker"), start(tmp_path, env, "bridge")
    try:
        wait_until_ready(f"http://127.0.0.1:{env['USERBUS_WORKER_PORT']}", worker)
        wait_until_ready(bridge_url, bridge)
        ask(tmp_path, env, "demo")
        token = ask(tmp_path, env, "token", "issue", "--name", "wheel", "--scope", "passport").strip()
        call = Request(f"{bridge_url}/v1/user/search?mobile=13812345678", headers={"Authorization": f"Bearer {token}"})
        with urlopen(call, timeout=PATIENCE) as answer:
            assert b"TestUser1" in answer.read()
    finally:
        ended = [stop(program, signal.SIGTERM) for program in (bridge, worker)]
    assert ended == [0, 0]


@pytest.mark.parametrize("program", ["worker", "bridge"])
@off_loop
def test_a_wrong_setting_is_told_as_by_the_program_itself(tmp_path: Path, env: dict[str, str], program: str) -> None:
    assert ask(tmp_path, env, program, "--check") == ""
    wrong = env | {"USERBUS_AMQP_URLL": "amqp://h"}
    popen = start(tmp_path, wrong, program, "--check")
    assert popen.wait(PATIENCE) == 2
    told = (tmp_path / f"{program}.log").read_text()
    assert f"{program}: USERBUS_AMQP_URLL" in told
    assert "USERBUS_AMQP_URL=" in Path(told.strip().rpartition("see ")[2]).read_text()


@off_loop
def test_up_runs_everything_from_an_empty_folder(tmp_path: Path, env: dict[str, str]) -> None:
    up = start(tmp_path, env, "up")
    try:
        while not (tmp_path / ".local" / "dev.env").exists():
            assert up.poll() is None, (tmp_path / "up.log").read_text()
            time.sleep(0.1)  # the file says that it is ready
        facts = dict(line.split("=", 1) for line in (tmp_path / ".local" / "dev.env").read_text().splitlines())
        assert "user: ok" in ask(tmp_path, env | facts, "health")
    finally:
        ended = stop(up, signal.SIGINT)
    assert ended == 0
