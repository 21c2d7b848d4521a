"""`up` started, refused, stopped and killed, with fakes for the worker and the bridge."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.orphans import identity
from devstack.ports import HOST, free_port
from devstack.servers import RunningServers
from tests.support.patience import PATIENCE

READY = "Ctrl-C stops everything."
START = (sys.executable, "-m", "tests.support.start_stack")
PROGRAMS = {"worker", "bridge"}
LOCAL_SERVERS = {"rabbitmq", "mongodb", "epmd"}


@dataclass(frozen=True)
class StackRun:
    """A folder, and the environment in which `up` is started in it."""

    home: Path
    env: dict[str, str]

    def start(self, worker: str = "worker") -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([*START, worker], env=self.env, stdout=pipe, stderr=subprocess.STDOUT, text=True)

    def wait_until_ready(self, popen: subprocess.Popen[str]) -> str:
        """What it prints until it says how to stop it."""
        assert popen.stdout is not None
        shown = ""
        while READY not in shown:
            line = popen.stdout.readline()
            assert line, shown  # it has ended
            shown += line
        assert (self.home / "dev.env").exists()
        return shown

    def records(self) -> dict[str, str]:
        return {file.stem: file.read_text() for file in (self.home / "run").glob("*.pid")}

    def alive(self, records: dict[str, str]) -> list[str]:
        return [name for name, text in records.items() if identity(int(text.split()[0])) == text]


def stack_run(home: Path, **extra: str) -> StackRun:
    ports = {f"USERBUS_{name}_PORT": str(free_port()) for name in ("BRIDGE", "AMQP", "MONGO")}
    return StackRun(home, {**os.environ, "PYTHONPATH": ".", "USERBUS_HOME": str(home), **ports, **extra})


@pytest.fixture
def own(tmp_path: Path) -> StackRun:
    """`up` with servers of its own."""
    return stack_run(tmp_path / "home")


@pytest.fixture
def shared(tmp_path: Path, running: RunningServers) -> Iterator[StackRun]:
    """`up` on external servers, which must survive every test."""
    yield stack_run(tmp_path / "home", USERBUS_AMQP_URL=running.amqp_url, USERBUS_MONGO_URL=running.mongo_url)
    assert running.rabbitmq.fault() is None
    assert running.mongo.fault() is None


def end(popen: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    popen.send_signal(number)
    output, _ = popen.communicate(timeout=PATIENCE)
    return popen.returncode, output


def test_a_killed_stack_is_ended_by_the_next_one_which_stops_all_it_started(own: StackRun) -> None:
    first = own.start()
    own.wait_until_ready(first)
    left = own.records()
    assert set(own.alive(left)) in (PROGRAMS, PROGRAMS | LOCAL_SERVERS)  # containers leave no record
    end(first, signal.SIGKILL)

    second = own.start()
    deadline = time.monotonic() + PATIENCE
    while own.alive(left) and time.monotonic() < deadline:
        time.sleep(0.05)  # only a parent is told when a process ends
    assert "userbus is ready" in own.wait_until_ready(second)
    assert own.alive(left) == []
    records = own.records()
    code, output = end(second, signal.SIGINT)
    assert (code, own.alive(records), own.records()) == (0, [], {})
    assert f"The data stays in {own.home}" in output
    assert not (own.home / "dev.env").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_to_stop_it_stops_worker_and_bridge(shared: StackRun, number: signal.Signals) -> None:
    popen = shared.start()
    shared.wait_until_ready(popen)
    records = shared.records()
    assert set(records) == PROGRAMS
    assert end(popen, number)[0] == 0
    assert shared.alive(records) == []


def test_a_second_stack_in_the_folder_is_refused_and_the_first_goes_on(shared: StackRun) -> None:
    popen = shared.start()
    shared.wait_until_ready(popen)
    second = shared.start()
    output, _ = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert f"A stack already runs in {shared.home}" in output
    assert len(shared.alive(shared.records())) == 2
    assert end(popen, signal.SIGINT)[0] == 0


def test_the_facts_are_for_the_owner_alone_and_name_what_is_needed(shared: StackRun) -> None:
    popen = shared.start()
    assert f":{shared.env['USERBUS_BRIDGE_PORT']}/console\n" in shared.wait_until_ready(popen)
    file = shared.home / "dev.env"
    facts = dict(line.split("=", 1) for line in file.read_text().splitlines())
    end(popen, signal.SIGINT)
    assert facts == {
        "USERBUS_URL": f"http://127.0.0.1:{shared.env['USERBUS_BRIDGE_PORT']}",
        "USERBUS_AMQP_URL": shared.env["USERBUS_AMQP_URL"],
        "USERBUS_MONGO_URL": shared.env["USERBUS_MONGO_URL"],
        "USERBUS_TOKEN": "token-of-the-tests",
        "USERBUS_SMS_LOG": str(shared.home / "sms.log"),
    }


def test_when_a_program_dies_its_last_lines_are_shown_and_the_rest_is_stopped(shared: StackRun) -> None:
    popen = shared.start()
    shared.wait_until_ready(popen)
    records = shared.records()
    os.kill(int(records["worker"].split()[0]), signal.SIGKILL)
    output, _ = popen.communicate(timeout=PATIENCE)
    assert popen.returncode == 1
    assert "The worker ended with status -9" in output
    assert "the fake worker runs" in output
    assert shared.alive(records) == []


def test_a_worker_that_cannot_start_ends_the_start(shared: StackRun) -> None:
    popen = shared.start("broken")
    output, _ = popen.communicate(timeout=PATIENCE)
    assert popen.returncode == 1
    assert "the fake worker fails on purpose" in output
    assert shared.records() == {}


def test_a_taken_port_is_refused_with_what_to_do(shared: StackRun) -> None:
    port = int(shared.env["USERBUS_BRIDGE_PORT"])
    with socket.create_server((HOST, port)):
        output, _ = (popen := shared.start()).communicate(timeout=PATIENCE)
    assert popen.returncode == 1
    assert f"Port {port}, wanted for the bridge, is taken" in output
    assert "USERBUS_BRIDGE_PORT=<port>" in output


def test_wrong_settings_are_told_before_anything_is_started(own: StackRun) -> None:
    output, _ = (popen := own.start("unset")).communicate(timeout=PATIENCE)
    assert popen.returncode == 1
    assert "USERBUS_PREFETHC: there is no such setting" in output
    assert not (own.home / "log").exists()
    assert own.records() == {}


def test_a_kept_token_is_used_while_the_bridge_accepts_it_and_replaced_otherwise(shared: StackRun) -> None:
    secrets = shared.home / "secrets"
    for kept in ("token-of-the-tests", "a token from another database", "a broken\nfile"):
        secrets.mkdir(parents=True, exist_ok=True)
        (secrets / "userbus_token").write_text(kept)
        popen = shared.start()
        shared.wait_until_ready(popen)
        end(popen, signal.SIGINT)
        assert (secrets / "userbus_token").read_text() == "token-of-the-tests"
