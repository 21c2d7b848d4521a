"""An example service as a process of its own."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from pathlib import Path

from tests.support.patience import PATIENCE
from tests.support.source import ROOT


class Program:
    """A process that is started again by the test; its log is one file. Use as a context manager."""

    def __init__(self, words: list[str], folder: str, env: Mapping[str, str], log: Path) -> None:
        self._words = words
        self._folder = ROOT / "examples" / folder
        self._env = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1", **env}
        self._log = log
        self._process: Process

    async def start(self, says: str) -> None:
        """Start it and wait until its log says this."""
        begun = len(self.said())
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._words, cwd=self._folder, env=self._env, stdin=DEVNULL, stdout=log, stderr=log
            )
        await self.wait_said(says, begun)

    def said(self) -> str:
        """What it has logged, in all its runs."""
        return self._log.read_text() if self._log.exists() else ""

    async def wait_said(self, text: str, begun: int = 0) -> None:
        """Wait until it says this, after so many characters; fails where it ends before."""
        async with asyncio.timeout(PATIENCE):
            while text not in self.said()[begun:]:
                assert self._process.returncode is None, self.said()
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """Send SIGTERM; the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    async def __aenter__(self) -> "Program":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            await self.kill()


def python_program(module: str, env: Mapping[str, str], log: Path) -> Program:
    """`python -m <module>` in the folder of the examples."""
    return Program([sys.executable, "-m", module], ".", env, log)
