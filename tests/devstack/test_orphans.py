"""Leftovers of a killed run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.leftovers import end_leftovers, ended, identity, leftover, note

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True) as popen:
        yield popen
        popen.kill()


def test_an_identity_tells_two_runs_of_one_process_id_apart(sleeper: subprocess.Popen[bytes]) -> None:
    was = identity(sleeper.pid)
    assert was is not None
    assert not ended(was)
    pid, start, where = was.split(" ", 2)
    assert ended(f"{pid} {int(start) - 1} {where}")


def test_nothing_is_said_about_a_process_of_another_machine() -> None:
    assert not ended("1 1 another-boot pid:[1]")
    assert not ended("")


def test_a_process_that_has_ended_has_no_identity(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert identity(sleeper.pid) is None


def test_leftovers_are_ended_and_named(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    note(tmp_path / "worker.pid", sleeper.pid)
    assert leftover(tmp_path / "worker.pid") == sleeper.pid
    assert end_leftovers(tmp_path) == ["worker"]
    assert sleeper.wait(5) != 0
    assert not list(tmp_path.iterdir())


def test_a_stranger_that_got_the_process_id_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    (tmp_path / "worker.pid").write_text(f"{sleeper.pid} 1 {(identity(sleeper.pid) or '').split(' ', 2)[2]}")
    assert end_leftovers(tmp_path) == []
    assert sleeper.poll() is None


def test_an_empty_or_missing_note_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "worker.pid").touch()
    assert end_leftovers(tmp_path) == []
    assert end_leftovers(tmp_path / "none") == []
