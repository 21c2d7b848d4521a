"""Orphans of a killed run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.orphans import end_orphans, has_ended, identity, orphan_pid, record_process
from tests.support.patience import PATIENCE

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True) as popen:
        yield popen
        popen.kill()


def test_an_identity_tells_two_runs_of_one_process_id_apart(sleeper: subprocess.Popen[bytes]) -> None:
    was = identity(sleeper.pid)
    assert was is not None
    assert not has_ended(was)
    pid, start, scope = was.split(" ", 2)
    assert has_ended(f"{pid} {int(start) - 1} {scope}")


def test_a_process_of_another_machine_may_still_run() -> None:
    assert not has_ended("1 1 another-boot pid:[1]")
    assert not has_ended("")


def test_a_process_that_has_ended_has_no_identity(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert identity(sleeper.pid) is None


def test_orphans_are_ended_and_named(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record_process(tmp_path / "worker.pid", sleeper.pid)
    assert orphan_pid(tmp_path / "worker.pid") == sleeper.pid
    assert end_orphans(tmp_path) == ["worker"]
    assert sleeper.wait(PATIENCE) != 0
    assert not list(tmp_path.iterdir())


def test_another_process_with_the_same_id_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    (tmp_path / "worker.pid").write_text(f"{sleeper.pid} 1 {(identity(sleeper.pid) or '').split(' ', 2)[2]}")
    assert end_orphans(tmp_path) == []
    assert sleeper.poll() is None


def test_an_empty_or_missing_record_names_no_process(tmp_path: Path) -> None:
    (tmp_path / "worker.pid").touch()
    assert end_orphans(tmp_path) == []
    assert end_orphans(tmp_path / "none") == []
