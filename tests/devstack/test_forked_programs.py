"""Programs that the tests fork."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.patience import PATIENCE


def wait_gone(pid: int) -> None:
    """Wait until nothing has this process id any more."""
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)  # nothing announces that a process of another parent has ended


@pytest.mark.parametrize(
    "end", [ForkedProgram.stop, ForkedProgram.kill, lambda program: program.send_signal(signal.SIGUSR1)]
)
def test_no_signal_is_sent_to_the_process_id_of_a_program_that_has_ended(
    end: Callable[[ForkedProgram], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = ForkedProgram(["json.tool"], {}, StandardFiles(tmp_path / "out", tmp_path / "errors"))
    wait_gone(program.pid)
    sent = list[tuple[int, int]]()
    # only watched: the id may be that of anything by now
    monkeypatch.setattr(os, "kill", lambda *words: sent.append(words))
    end(program)
    assert sent == []
    assert program.exit_code == 1
