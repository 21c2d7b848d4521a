"""Servers from local binaries, as child processes."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.errors import StackError
from devstack.programs import ChildProgram, spawn
from devstack.server import StackServer


@dataclass(frozen=True)
class ServerSpec:
    """How to run one server; its log and its process id go to `home`/log and `home`/run."""

    name: str
    argv: tuple[str, ...]
    home: Path
    port: int
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class LocalServer(StackServer):
    """One server as a child process; it ends with this Python process at the latest."""

    def __init__(self, spec: ServerSpec) -> None:
        super().__init__(spec.name)
        self.spec = spec
        self._child: ChildProgram | None = None

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._child_program().pid

    def launch(self) -> None:
        """Start its process; standard output and error are appended to its log."""
        home, key = self.spec.home, self.name.lower()
        log, pid_file = home / "log" / f"{key}.log", home / "run" / f"{key}.pid"
        self._child = spawn(self.spec.argv, self.spec.env, log, name=self.name, pid_file=pid_file)

    def is_ready(self) -> bool:
        """Whether it accepts clients now."""
        return self.spec.ready()

    def fault(self) -> str | None:
        """Why it does not run, with the last lines of its log; None while it runs."""
        return self._child_program().fault()

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL when that takes too long."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """Send SIGKILL."""
        self._child_program().kill()

    def close(self) -> None:
        """Stop it; its files belong to the caller."""
        self.stop()

    def _child_program(self) -> ChildProgram:
        if self._child is None:
            raise StackError(f"{self.name} has not been started")
        return self._child
