"""Servers run from local binaries, as child processes."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.errors import StackError
from devstack.programs import ChildProgram, spawn
from devstack.server import StackServer


@dataclass(frozen=True)
class ServerRecipe:
    """How to run one server; its log and its process id are kept in `home`/log and `home`/run."""

    name: str
    argv: tuple[str, ...]
    home: Path
    port: int
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class LocalServer(StackServer):
    """One server as a child process, which ends with this Python process at the latest."""

    def __init__(self, recipe: ServerRecipe) -> None:
        super().__init__(recipe.name)
        self.recipe = recipe
        self._child: ChildProgram | None = None

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._started().pid

    def launch(self) -> None:
        """Start its process, with both outputs appended to its log."""
        home, key = self.recipe.home, self.name.lower()
        log, pid_file = home / "log" / f"{key}.log", home / "run" / f"{key}.pid"
        self._child = spawn(self.recipe.argv, self.recipe.env, log, name=self.name, pid_file=pid_file)

    def ready(self) -> bool:
        """Whether it serves now."""
        return self.recipe.ready()

    def fault(self) -> str | None:
        """How it ended, if it did."""
        return self._started().fault()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that takes too long."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """SIGKILL."""
        self._started().kill()

    def close(self) -> None:
        """The same as stop: the files are the caller's."""
        self.stop()

    def _started(self) -> ChildProgram:
        if self._child is None:
            raise StackError(f"{self.name} has not been started")
        return self._child
