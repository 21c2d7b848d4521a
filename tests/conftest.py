"""How tests are collected, distributed and told of; their shared fixtures are in tests/support/fixtures.py."""

import asyncio
import gc
import os
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import cache
from inspect import isasyncgenfunction, iscoroutinefunction
from pathlib import Path

import pytest
import uvloop
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from devstack.errors import StackError
from devstack.servers import install_servers
from runtime.memory import configure_memory
from tests.support.faults.table import lines

SHARED_SERVERS = ("breakable", "apart", "restricted", "restartable")  # the fixtures, whose tests take longest first


DIED: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Load the shared fixtures where tests run: the process that only distributes them needs nothing of the product."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        for plugin in ("tests.support.fixtures", "testing.plugin"):
            config.pluginmanager.import_plugin(plugin)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Set up the memory of this process as `python -m worker` and `python -m bridge` do: both run in it.

    Else every trim of theirs looks at all tests and modules, and every thread that hashes passwords keeps 19 MiB.
    What is collected is kept, so that to look for garbage meanwhile takes a seventh of the time and finds none.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        configure_memory()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests that share servers first, so that no process is left alone with them at the end.

    A test that is no coroutine but uses a fixture that is one would run beside the loop of all others, and end it.
    """
    for item in items:
        if isinstance(item, pytest.Function) and not iscoroutinefunction(item.function) and _coroutine_fixtures(item):
            raise pytest.UsageError(f"{item.nodeid} uses {_coroutine_fixtures(item)}: make it a coroutine")
    order = {name: number for number, name in enumerate(SHARED_SERVERS)}
    items.sort(key=lambda item: order.get(_shared_server(item.path), len(order)))


@cache
def _shared_server(file: Path) -> str:
    """The shared server that the tests of a file, or the fixtures of its folder, ask for; else ""."""
    texts = [path.read_text() for path in (file, file.parent / "conftest.py") if path.exists()]
    return next((name for name in SHARED_SERVERS if any(f"{name}: " in text for text in texts)), "")


class ServerScheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Keep the tests of a file in one process, and those that share a server: to start one costs 5 CPU seconds."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return _shared_server(self.config.rootpath / file) or file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ServerScheduling | None:
    """Distribute the tests when pytest is told to distribute them by file."""
    return ServerScheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop of the worker and the bridge; it takes less time than asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}


def _coroutine_fixtures(item: pytest.Function) -> list[str]:
    used = ((name, found[-1].func) for name, found in item._fixtureinfo.name2fixturedefs.items())
    return [name for name, made in used if iscoroutinefunction(made) or isasyncgenfunction(made)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes more than there are cores, as many tests wait; for a part one a core, and no more than named files.

    Each process starts servers of its own, so that fewer of them give the first result of a part sooner.
    """
    cores = os.cpu_count() or 1
    if config.args == config.getini("testpaths"):
        return cores + 2
    named = {Path(name.partition("::")[0]) for name in config.args}
    return min(len(named), cores) if all(path.is_file() for path in named) else cores


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Install a missing server once, before several processes would; whoever needs it says why it cannot be had."""
    with suppress(StackError):
        install_servers(print)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController, error: object) -> None:
    """Note how a process that ran tests died, which xdist does not tell."""
    if error:
        DIED.append(f"{node.gateway.id} ended with status {node.gateway._io.popen.wait()}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which processes of tests died, and what the tests of faults have counted."""
    if DIED:
        terminalreporter.section("died")
        terminalreporter.write_line("\n".join(DIED))
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    ended = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "teardown"]
    told = lines(recorded for report in ended for recorded in report.user_properties)
    if told:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(told))
