"""Steps of an installation: one line each; what programs print goes to a log. Runs on a bare Python."""

import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self, TextIO

from devstack.errors import StackError

LAST_LINES = 15


class StepLine:
    """The line of a step, printed when the block begins; on a terminal it also shows how far the step is."""

    def __init__(self, step: str, stream: TextIO) -> None:
        self._step = step
        self._stream = stream
        self._is_live = stream.isatty()

    def __enter__(self) -> Self:
        self._write(f"· {self._step}" if self._is_live else f"· {self._step}\n")
        return self

    def show(self, progress: str) -> None:
        """Show how far it is, where the line can still be changed."""
        if self._is_live:
            self._write(f"\r\x1b[K· {self._step}: {progress}")

    def __exit__(self, *_: object) -> None:
        if self._is_live:
            self._write(f"\r\x1b[K· {self._step}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def log_file(environ: Mapping[str, str]) -> Path:
    """The log of installations, install.log in USERBUS_HOME; makes its folder. Raises StackError where it cannot."""
    home = Path(environ.get("USERBUS_HOME") or ".local")
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / "install.log").touch()
    except OSError as error:
        raise StackError(
            f"The log of the installation cannot be written to {home} ({error.strerror}): "
            "make that folder yours, or name another one in USERBUS_HOME"
        ) from error
    return home / "install.log"


def last_lines(log: Path) -> str:
    """The end of a log, below a line that says where all of it is."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    return "\n".join([f"The end of {log}, which has all that was printed:", *(f"  {line}" for line in lines)])


def run_logged(
    command: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    hear: Callable[[str], None] = lambda _: None,
) -> bool:
    """Run a command with its output appended to the log; whether it could be started and ended with status 0.

    `hear` gets each line that it prints. The command has no standard input, and is killed where this is interrupted.
    """
    with log.open("a", encoding="utf-8") as file:
        print(f"$ {shlex.join(command)}", file=file, flush=True)
        try:
            popen = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except OSError as error:
            print(error, file=file)
            return False
        with popen:
            try:
                _copy_lines(popen, file, hear)
            except BaseException:
                popen.kill()  # else the end of the block would wait for it
                raise
    return popen.returncode == 0


def _copy_lines(popen: subprocess.Popen[bytes], file: TextIO, hear: Callable[[str], None]) -> None:
    for raw in popen.stdout or ():
        line = raw.decode(errors="replace")
        file.write(line)
        file.flush()
        hear(line)
