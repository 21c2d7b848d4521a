"""Programs from npm and PyPI, run in a folder of their own."""

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"
LIMIT = 300.0


@dataclass(frozen=True)
class Tools:
    """What is installed, and the folder in which the tools work."""

    installed: Path
    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "node_modules").symlink_to(self.installed / "node_modules")
        (self.folder / "package.json").write_text('{"type": "module"}')

    async def run(self, program: str | Path, *arguments: str | Path) -> str:
        """Run a program of npm's or PyPI's with the folder as its own; both outputs; any other exit status fails."""
        found = shutil.which(program, path=f"{self.folder / 'node_modules/.bin'}:{self.installed / 'bin'}:{os.defpath}")
        env = {**os.environ, "PATH": f"{self.installed / 'bin'}:{os.environ['PATH']}", "REDOCLY_TELEMETRY": "off"}
        process = await asyncio.create_subprocess_exec(
            found or program, *arguments, cwd=self.folder, env=env, stdout=PIPE, stderr=STDOUT
        )
        output, _ = await asyncio.wait_for(process.communicate(), LIMIT)
        assert process.returncode == 0, output.decode()
        return output.decode()

    async def run_node(self, program: str | Path, *arguments: str | Path) -> Any:
        """Run one of our scripts for Node.js, by its name or path; what it prints as JSON."""
        copy = shutil.copy(PROGRAMS / program, self.folder)
        return json.loads(await self.run("node", copy, *arguments))

    def write(self, name: str, content: object) -> Path:
        """Write a document as JSON."""
        path = self.folder / name
        path.write_text(json.dumps(content, ensure_ascii=False))
        return path
