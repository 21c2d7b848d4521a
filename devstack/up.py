"""The development stack: servers, one worker and the bridge, until they are stopped."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack import probe
from devstack.environment import BusAddresses, StackFacts, bridge_environment, sms_log, worker_environment
from devstack.errors import StackError
from devstack.keys import write_secret
from devstack.lock import lock_folder
from devstack.orphans import end_orphans
from devstack.ports import HOST, require_free
from devstack.programs import ChildProgram, spawn
from devstack.servers import servers
from devstack.settings import StackCommands, StackSettings

READY_LIMIT = 60.0
COMMAND_LIMIT = 60.0
CHECK_INTERVAL = 0.5

Fault = Callable[[], str | None]


@dataclass(frozen=True)
class RunningStack:
    """A stack that is ready: its facts, and functions that tell why a program has ended."""

    facts: StackFacts
    faults: tuple[Fault, ...]

    def watch(self) -> None:
        """Run until a program ends, then raise StackError with the last lines of its log."""
        while True:
            _raise_fault(self.faults)
            time.sleep(CHECK_INTERVAL)  # programs do not announce that they end


@contextmanager
def running_stack(
    settings: StackSettings, commands: StackCommands, say: Callable[[str], None]
) -> Iterator[RunningStack]:
    """Start everything and wait until it is ready; at the end stop bridge, worker, RabbitMQ and MongoDB, in this order.

    `say` gets a line for each step. Raises StackError, saying what to do, when a port is taken, another stack runs in
    the folder, or something cannot be installed or does not become ready.
    """
    home = settings.home
    with lock_folder(home), ExitStack() as exits:
        _prepare_home(home, say)
        require_free(settings.bridge_port, "the bridge", "USERBUS_BRIDGE_PORT")
        _check_settings(settings, commands)
        ports = {"amqp_port": settings.amqp_port, "mongo_port": settings.mongo_port}
        running = exits.enter_context(servers(home, **ports, say=say, keep=True, tls=settings.tls))
        bus = BusAddresses(running.amqp_url, running.mongo_url)
        worker_env = worker_environment(settings, bus, os.environ)
        bridge_env = bridge_environment(settings, bus, os.environ)
        say("Starting the worker and the bridge")
        worker = _start_child(exits, home, "worker", commands.worker, worker_env)
        bridge = _start_child(exits, home, "bridge", commands.bridge, bridge_env)
        faults = (worker.fault, bridge.fault, running.rabbitmq.fault, running.mongo.fault)
        _wait_ready(settings, faults)
        say("Adding the demo data")
        _run_command(commands.seed, bridge_env)
        token = _ensure_token(settings, commands, bridge_env)
        facts = StackFacts(settings.bridge_url, bus, token, home, sms_log(worker_env), _console_url(settings))
        exits.callback((home / "dev.env").unlink, missing_ok=True)
        write_secret(home / "dev.env", facts.lines())
        try:
            yield RunningStack(facts, faults)
        finally:
            say("Stopping")


def _prepare_home(home: Path, say: Callable[[str], None]) -> None:
    """End the processes of a killed run, and keep the logs of the last run as <name>.log.1."""
    (home / "dev.env").unlink(missing_ok=True)
    ended = end_orphans(home / "run")
    if ended:
        say(f"Ended orphans of an earlier run: {', '.join(ended)}")
    for log in (home / "log").glob("*.log"):
        log.replace(log.with_suffix(".log.1"))


def _check_settings(settings: StackSettings, commands: StackCommands) -> None:
    """Have the worker and the bridge check their settings, before any server is installed or started."""
    bus = BusAddresses(
        os.environ.get("USERBUS_AMQP_URL") or f"amqp://{HOST}",
        os.environ.get("USERBUS_MONGO_URL") or f"mongodb://{HOST}",
    )
    checks = {
        commands.worker: worker_environment(settings, bus, os.environ),
        commands.bridge: bridge_environment(settings, bus, os.environ),
    }
    for program, env in checks.items():
        ended = _run_limited([*program, "--check"], env)
        if ended.returncode:
            raise StackError(ended.stderr.strip())


def _start_child(exits: ExitStack, home: Path, name: str, argv: Sequence[str], env: Mapping[str, str]) -> ChildProgram:
    log, pid_file = home / "log" / f"{name}.log", home / "run" / f"{name}.pid"
    child = spawn(argv, env, log, name=f"The {name}", pid_file=pid_file)
    exits.callback(child.stop)
    return child


def _raise_fault(faults: Sequence[Fault]) -> None:
    for fault in faults:
        words = fault()
        if words is not None:
            raise StackError(words)


def _wait_ready(settings: StackSettings, faults: Sequence[Fault]) -> None:
    deadline = time.monotonic() + READY_LIMIT
    while not probe.is_ready(settings.bridge_port):
        _raise_fault(faults)
        if time.monotonic() > deadline:
            raise StackError(
                f"{settings.bridge_url}/health/ready did not answer 200 within {READY_LIMIT:.0f} s: "
                f"see bridge.log and worker.log in {settings.home / 'log'}"
            )
        time.sleep(0.1)  # the bridge does not announce that it is ready


def _ensure_token(settings: StackSettings, commands: StackCommands, env: Mapping[str, str]) -> str:
    """Return the service token of the last run, if the bridge still accepts it, else a new one."""
    file = settings.home / "secrets" / "userbus_token"
    if file.exists() and probe.accepts_token(settings.bridge_port, file.read_text().strip()):
        return file.read_text().strip()
    token = _run_command(commands.token, env).strip()
    if len(token.split()) != 1:
        raise StackError(f"`{' '.join(commands.token[1:])}` printed something other than one token")
    write_secret(file, token)
    return token


def _console_url(settings: StackSettings) -> str | None:
    return f"{settings.bridge_url}{probe.CONSOLE}" if probe.has_console(settings.bridge_port) else None


def _run_command(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """Run a command; what it prints. Raises StackError when it fails or takes too long."""
    result = _run_limited(argv, env)
    if result.returncode:
        words = f"{result.stdout}{result.stderr}".strip()
        raise StackError(f"`{' '.join(argv[1:])}` ended with status {result.returncode}:\n{words}")
    return result.stdout


def _run_limited(argv: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it prints; raises StackError when it takes too long."""
    try:
        return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=COMMAND_LIMIT, check=False)
    except subprocess.TimeoutExpired as error:
        words = f"`{' '.join(argv[1:])}` did not end within {COMMAND_LIMIT:.0f} s: is this machine busy? Start it again"
        raise StackError(words) from error
