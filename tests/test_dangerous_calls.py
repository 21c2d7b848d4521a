"""What would start programs, run texts as code or reach other machines is used where it is known, and nowhere else."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.patience import PATIENCE
from tests.support.source import imports, modules

SERVED = {path: tree for path, tree in modules().items() if path.parts[0] not in ("devstack", "testing")}
STARTS = re.compile(r"os\.(system|popen|exec\w+|spawn\w+|posix_spawn\w*|fork\w*)|(\w+\.)?create_subprocess_\w+")
RUNS = re.compile(r"(builtins\.)?(eval|exec|compile|__import__)|(\w+\.)?from_string|(jinja2\.)?Template")
PROGRAMS = "import bridge.__main__, bridge.app, sys, worker.__main__, worker.app"


def calls(tree: ast.Module) -> Iterator[str]:
    """What a module calls, as it is written."""
    return (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def callers(pattern: re.Pattern[str]) -> dict[str, set[str]]:
    found = {str(path): {name for name in calls(tree) if pattern.fullmatch(name)} for path, tree in SERVED.items()}
    return {path: names for path, names in found.items() if names}


def importers(*names: str) -> set[str]:
    """The modules that import one of these packages, or a part of it."""
    wanted = re.compile(rf"({'|'.join(map(re.escape, names))})(\..*)?")
    return {str(path) for path, tree in SERVED.items() if any(map(wanted.fullmatch, imports(tree)))}


def test_no_program_is_started_but_by_who_types_the_command() -> None:
    assert callers(STARTS) == {"cli/server.py": {"os.execv"}}
    assert importers("subprocess", "pty", "multiprocessing", "concurrent.futures.process") == set()


def test_no_text_is_run_as_code_or_read_as_a_template() -> None:
    assert callers(RUNS) == {}
    assert importers("code", "codeop", "runpy") == set()


def test_nothing_is_read_in_a_form_that_makes_objects_of_any_type() -> None:
    assert importers("pickle", "marshal", "shelve", "copyreg", "dill", "cloudpickle", "jsonpickle", "yaml") == set()


def test_memory_is_left_to_python_but_for_what_it_gives_back() -> None:
    assert importers("ctypes", "cffi", "mmap") == {"runtime/memory.py"}


def test_what_reaches_other_machines_is_known() -> None:
    """Beside the clients of RabbitMQ and MongoDB, which import-linter keeps in their places."""
    gateways = {path for path in map(str, SERVED) if path.startswith("handlers/sms_gateways/")}
    others = (
        importers("httpx", "httpcore", "aiohttp", "requests", "urllib3", "urllib.request", "http.client") - gateways
    )
    assert others == {"worker/webhooks/poster.py", "worker/webhooks/checked_network.py", "cli/management.py"}
    assert importers("opentelemetry.exporter") == {"tracing/export.py"}
    assert importers("smtplib", "ftplib", "telnetlib", "xmlrpc", "paramiko") == set()
    assert callers(re.compile(r"(\w+\.)*(open_connection|create_connection|urlopen)")) == {}


def test_no_secret_is_made_of_chance_that_can_be_foretold() -> None:
    """What uses it spreads tries, locks and samples."""
    assert importers("random") == {
        "client/retry.py", "contracts/broker_addresses.py", "models/integrations.py", "models/transaction.py",
        "tracing/recorder.py", "worker/bus/relay.py", "worker/delivery/consumer.py", "worker/delivery/retry.py",
    }  # fmt: skip


def test_worker_and_bridge_load_nothing_that_is_for_development() -> None:
    code = f"{PROGRAMS}; print(*(name.partition('.')[0] for name in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True)
    loaded = {*ran.stdout.split()}
    assert {"worker", "bridge"} <= loaded
    assert (
        loaded & {"devstack", "testing", "tests", "bench", "examples", "pytest", "hypothesis", "testcontainers"}
        == set()
    )


def test_these_tests_see_what_they_look_for() -> None:
    dangerous = "os.system(a); asyncio.create_subprocess_exec(b); eval(c); templates.from_string(d)"
    called = [*calls(ast.parse(f"{dangerous}; re.compile(e); os.path.join(f)"))]
    assert [name for name in called if STARTS.fullmatch(name)] == ["os.system", "asyncio.create_subprocess_exec"]
    assert [name for name in called if RUNS.fullmatch(name)] == ["eval", "templates.from_string"]
    assert Path("worker/__main__.py") in SERVED
