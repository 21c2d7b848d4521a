"""Child programs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from devstack.orphans import identity
from devstack.programs import ChildProgram, spawn
from tests.support.patience import PATIENCE

SLEEP = "import sys, time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
PARENT = """
import sys, time
from pathlib import Path
from devstack.programs import spawn
child = spawn([sys.executable, "-c", sys.argv[1]], {}, Path(sys.argv[2]))
print(child.pid, flush=True)
time.sleep(60)
"""


def run(code: str, log: Path, env: dict[str, str] | None = None) -> ChildProgram:
    return spawn([sys.executable, "-c", code], env or {}, log, name="The child", pid_file=log.with_suffix(".pid"))


def wait_until(condition: Callable[[], bool]) -> bool:
    """Wait for a condition; whether it came true in time."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)  # nothing announces the end or the output of another process
    return condition()


def wait_for(log: Path, text: str) -> None:
    assert wait_until(lambda: log.exists() and text in log.read_text())


def exit_code(child: ChildProgram) -> int:
    wait_until(lambda: child.exit_code is not None)
    return child.kill()


def wait_for_end(pid: int, was: str) -> bool:
    return wait_until(lambda: identity(pid) != was)


def test_a_child_gets_the_environment_as_given_and_writes_to_its_log(tmp_path: Path) -> None:
    child = run("import os; print(sorted(os.environ.items()))", tmp_path / "log", {"ONE": "1", "LC_CTYPE": "C.UTF-8"})
    wait_for(tmp_path / "log", "]")
    assert (tmp_path / "log").read_text() == "[('LC_CTYPE', 'C.UTF-8'), ('ONE', '1')]\n"
    assert exit_code(child) == 0


def test_stop_ends_a_child_gracefully_and_removes_its_record(tmp_path: Path) -> None:
    child = run(SLEEP, tmp_path / "log")
    assert (tmp_path / "log.pid").read_text() == identity(child.pid)
    assert child.fault() is None
    assert child.stop() == -signal.SIGTERM
    assert not (tmp_path / "log.pid").exists()


def test_stop_kills_a_child_that_ignores_sigterm(tmp_path: Path) -> None:
    child = run(STUBBORN, tmp_path / "log")
    wait_for(tmp_path / "log", "up")
    assert child.stop(limit=0.2) == -signal.SIGKILL


def test_the_fault_of_a_child_that_died_is_its_log(tmp_path: Path) -> None:
    child = run("import sys; sys.exit('out of luck')", tmp_path / "log")
    assert exit_code(child) == 1
    assert child.fault() == f"The child ended with status 1. The last lines of {tmp_path}/log:\nout of luck"


def test_a_program_that_does_not_exist_is_named_in_the_log(tmp_path: Path) -> None:
    child = spawn(["/no/such/program"], {}, tmp_path / "log")
    assert exit_code(child) == 1
    assert (tmp_path / "log").read_text() == "/no/such/program could not be started: No such file or directory\n"


def test_kill_takes_the_whole_process_group(tmp_path: Path) -> None:
    code = f"import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid); {SLEEP}"
    child = run(code, tmp_path / "log", {"PYTHONUNBUFFERED": "1"})
    wait_for(tmp_path / "log", "up")
    grandchild = int((tmp_path / "log").read_text().split()[0])
    was = identity(grandchild)
    child.kill()
    assert was is not None
    assert wait_for_end(grandchild, was)


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    children: list[ChildProgram] = []
    thread = Thread(target=lambda: children.append(run(SLEEP, tmp_path / "log")))
    thread.start()
    thread.join()
    wait_for(tmp_path / "log", "up")
    assert children[0].fault() is None
    children[0].stop()


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, SLEEP, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        was = identity(pid)
        parent.kill()
    assert was is not None
    assert wait_for_end(pid, was)


def test_a_child_that_ended_keeps_its_process_id_until_it_is_killed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = run("raise SystemExit(3)", tmp_path / "log")
    assert wait_until(lambda: child.exit_code == 3)
    assert Path(f"/proc/{child.pid}").exists()
    assert child.stop() == 3
    assert not Path(f"/proc/{child.pid}").exists()
    sent = list[tuple[int, int]]()
    # only watched: the id may be that of another group by now
    monkeypatch.setattr(os, "killpg", lambda *words: sent.append(words))
    assert (child.kill(), child.stop(), child.exit_code) == (3, 3, 3)
    assert sent == []
