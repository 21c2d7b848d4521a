"""Child programs: start them with a log file, watch them, stop them gracefully or kill them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from devstack import die_with_parent
from devstack.orphans import record_process

STOP_LIMIT = 30.0
LAST_LINES = 20


class ChildProgram:
    """A running program in a session of its own; it ends when this Python process ends."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path, pid_file: Path | None) -> None:
        self.name = name
        self.log = log
        self._popen = popen
        self._pid_file = pid_file

    @property
    def pid(self) -> int:
        """The process id, also of a program that has ended."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, else the exit status (negative: the signal that ended it)."""
        if self._popen.returncode is not None:
            return self._popen.returncode
        # WNOWAIT keeps its process id, which is that of its group, from other processes until `kill` is called
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def stop(self, limit: float = STOP_LIMIT) -> int:
        """Send SIGTERM, and SIGKILL after `limit` seconds; the exit status."""
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + limit
            while self.exit_code is None and time.monotonic() < deadline:
                time.sleep(0.01)  # waitid has no limit of time
        return self.kill()

    def kill(self) -> int:
        """Send SIGKILL to its process group, once; the exit status."""
        if self._popen.returncode is None:
            os.killpg(self.pid, signal.SIGKILL)
        code = self._popen.wait()
        if self._pid_file is not None:
            self._pid_file.unlink(missing_ok=True)
        return code

    def fault(self) -> str | None:
        """How it ended, with the last lines of its log; None while it runs."""
        if self.exit_code is None:
            return None
        lines = self.log.read_text(errors="replace").rstrip().splitlines()[-LAST_LINES:]
        return "\n".join([f"{self.name} ended with status {self.exit_code}. The last lines of {self.log}:", *lines])


def spawn(
    argv: Sequence[str], env: Mapping[str, str], log: Path, *, name: str = "", pid_file: Path | None = None
) -> ChildProgram:
    """Start `argv` with exactly `env`, no standard input, and both outputs appended to `log`.

    `pid_file` records its identity until it is stopped, so that a later run can end it as an orphan. A program that
    cannot be found ends at once with status 1 and says so in its log.
    """
    popen = _spawner().submit(_start_process, argv, env, log).result()
    program = ChildProgram(name or Path(argv[0]).name, popen, log, pid_file)
    if pid_file is not None:
        record_process(pid_file, program.pid)
    return program


def _start_process(argv: Sequence[str], env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-I", "-S", str(die_with_parent.__file__), str(os.getpid()), *argv]
    with log.open("ab") as output:
        return subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


@cache
def _spawner() -> ThreadPoolExecutor:
    """The one thread that starts every child: the kernel ends a child with the thread that forked it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
