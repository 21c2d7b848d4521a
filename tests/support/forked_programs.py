"""Our programs as processes of their own, forked from one that has imported them: each import takes about a second."""

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory

from devstack.die_with_parent import end_with_parent
from tests.support.patience import PATIENCE

IMPORTED = (
    *("bridge.app", "bridge.rest.protocol", "cli.main", "handlers.registry", "worker.app"),
    *("uvicorn", "uvloop", "tests.support.forked_programs"),
)
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND


@dataclass(frozen=True)
class StandardFiles:
    """The files of the three standard streams; both outputs are appended to."""

    output: Path
    errors: Path
    input: Path = Path(os.devnull)


class ForkedProgram:
    """`python -m` with these words and exactly `env`; it is told to end when this Python process ends."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], files: StandardFiles) -> None:
        self._process = _context().Process(target=_run_module, args=([*words], dict(env), files), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs, else the exit status (negative: the signal that ended it)."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended: its process id may be that of another process or thread by then."""
        if self.exit_code is None:
            os.kill(self.pid, number)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait until it ends, and kill it after so many seconds; the exit status."""
        self._process.join(seconds)
        return self.kill()

    def stop(self, seconds: float = PATIENCE) -> int:
        """Send SIGTERM, and SIGKILL after so many seconds; the exit status."""
        self.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> int:
        """Send SIGKILL; the exit status."""
        self.send_signal(signal.SIGKILL)
        self._process.join()
        return self._process.exitcode or 0


def run_program(
    words: Sequence[str], env: Mapping[str, str], text: str = "", seconds: float = PATIENCE
) -> tuple[int, str, str]:
    """Run a program with `text` on its standard input: exit status, standard output, standard error."""
    with TemporaryDirectory() as folder:
        given, output, errors = (Path(folder, name) for name in ("input", "output", "errors"))
        given.write_text(text)
        status = ForkedProgram(words, env, StandardFiles(output, errors, given)).wait(seconds)
        return status, output.read_text(), errors.read_text()


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*IMPORTED])
    return context


def _run_module(words: list[str], env: dict[str, str], files: StandardFiles) -> None:
    """Become the program, as far as a process can tell."""
    os.setsid()
    end_with_parent()
    for number, (path, flags) in enumerate(
        ((files.input, os.O_RDONLY), (files.output, APPEND), (files.errors, APPEND))
    ):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # multiprocessing has closed it
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
