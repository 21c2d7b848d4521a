"""The code that one HTTP command runs: modules, functions and classes of ours from `POST /user` to its response.

Bridge and worker run in this process, on real servers; the second of two commands is counted, when caches are filled.
`lines` are those of whole modules, `executed` the lines of code in the functions that were called.
Run: python -m bench.path
"""

import ast
import asyncio
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType
from typing import Any

import httpx

from bridge.app import create_app
from bridge.settings import Settings as BridgeSettings
from client.bus import Bus
from contracts.tokens import IssueToken
from devstack.servers import RunningServers, servers
from worker.app import run_worker
from worker.settings import Settings

ROOT = Path(__file__).parents[1]
PACKAGES = ("bridge", "client", "contracts", "worker", "handlers", "models")


def main() -> None:
    """Start the servers, count, print a line for each module and the sums."""
    with TemporaryDirectory() as home, servers(Path(home)) as up:
        executed = asyncio.run(run_command(up))
    by_module: dict[Path, set[CodeType]] = {}
    for code in executed:
        by_module.setdefault(Path(code.co_filename).relative_to(ROOT), set()).add(code)
    for module, codes in sorted(by_module.items(), key=lambda item: (PACKAGES.index(item[0].parts[0]), item[0])):
        print(f"{module!s:<42} {count_lines(module):>5} lines  {', '.join(sorted(code.co_qualname for code in codes))}")
    print(
        f"{len(by_module)} modules of {sum(map(count_lines, by_module))} lines; {len(executed)} functions of"
        f" {sum(map(count_code_lines, executed))} lines executed; methods of {len(classes(by_module))} classes"
    )


async def run_command(up: RunningServers) -> set[CodeType]:
    """Create a user twice and return the code of ours that the second time called."""
    worker = Settings(amqp_url=up.amqp_url, mongo_url=up.mongo_url, secret_key=secrets.token_hex(32))
    app = create_app(BridgeSettings(amqp_url=up.amqp_url))
    executed: set[CodeType] = set()
    async with run_worker(worker), Bus(up.amqp_url, app_id="bench") as bus, app.router.lifespan_context(app):
        token = (await bus.ask(IssueToken(name="bench", scopes=["foreseen"]))).token
        headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bridge", headers=headers) as http:
            await create_user(http, "first")
            with record_calls(executed):
                await create_user(http, "second")
    return executed


async def create_user(http: httpx.AsyncClient, username: str) -> None:
    """Send the command and wait for its response."""
    response = await http.post("/user", json={"username": username, "usertype": "user"})
    response.raise_for_status()


@contextmanager
def record_calls(executed: set[CodeType]) -> Iterator[None]:
    """Collect the code of ours that is called in this thread while the block runs."""
    folders = tuple(f"{ROOT / package}/" for package in PACKAGES)

    def record(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(folders):
            executed.add(frame.f_code)

    sys.setprofile(record)
    try:
        yield
    finally:
        sys.setprofile(None)


def count_lines(module: Path) -> int:
    """Lines of a module, docstrings and empty ones included."""
    return len((ROOT / module).read_text().splitlines())


def count_code_lines(code: CodeType) -> int:
    """Lines of a function that have code."""
    return len({line for *_, line in code.co_lines() if line is not None})


def classes(by_module: dict[Path, set[CodeType]]) -> set[tuple[Path, str]]:
    """The classes of which a method was called."""
    found = set()
    for module, codes in by_module.items():
        defined = {
            node.name for node in ast.walk(ast.parse((ROOT / module).read_text())) if isinstance(node, ast.ClassDef)
        }
        found |= {(module, name) for code in codes if (name := code.co_qualname.split(".")[0]) in defined}
    return found


if __name__ == "__main__":
    main()
