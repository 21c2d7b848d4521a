"""Servers, one worker and the bridge on this machine, until they are told to stop."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack import probe
from devstack.environment import BusAddresses, StackFacts, bridge_environment, worker_environment
from devstack.errors import StackError
from devstack.keys import keep
from devstack.leftovers import end_leftovers
from devstack.lock import locked
from devstack.ports import require_free
from devstack.programs import ChildProgram, spawn
from devstack.servers import servers
from devstack.settings import StackCommands, StackSettings

READY_LIMIT = 60.0
COMMAND_LIMIT = 60.0
LOOK = 0.5

Fault = Callable[[], str | None]


@dataclass(frozen=True)
class RunningStack:
    """A stack that is ready: its facts, and who can say that something has died."""

    facts: StackFacts
    faults: tuple[Fault, ...]

    def watch(self) -> None:
        """Return never; raises StackError, with the last lines of its log, as soon as one program dies."""
        while True:
            _look(self.faults)
            time.sleep(LOOK)  # so late at most an end is noticed


@contextmanager
def running_stack(
    settings: StackSettings, commands: StackCommands, say: Callable[[str], None]
) -> Iterator[RunningStack]:
    """Start everything and wait until it is ready; at the end stop bridge, worker, RabbitMQ and MongoDB, in this order.

    `say` gets a line for each step. Raises StackError, saying what to do, when a port is taken, another stack holds the
    folder, or something cannot be had, started or made ready.
    """
    home = settings.home
    with locked(home), ExitStack() as exits:
        _clear(home, say)
        require_free(settings.bridge_port, "the bridge", "USERBUS_BRIDGE_PORT")
        running = exits.enter_context(
            servers(home, amqp_port=settings.amqp_port, mongo_port=settings.mongo_port, say=say, keep=True)
        )
        bus = BusAddresses(running.amqp_url, running.mongo_url)
        bridge_env = bridge_environment(settings, bus, os.environ)
        say("Starting the worker and the bridge")
        worker = _child(exits, home, "worker", commands.worker, worker_environment(settings, bus, os.environ))
        bridge = _child(exits, home, "bridge", commands.bridge, bridge_env)
        faults = (worker.fault, bridge.fault, running.rabbitmq.fault, running.mongo.fault)
        _wait_ready(settings, faults)
        say("Adding the demo data")
        _output(commands.seed, bridge_env)
        facts = StackFacts(settings.bridge_url, bus, _token(settings, commands, bridge_env), home / "sms.log")
        exits.callback((home / "dev.env").unlink, missing_ok=True)
        keep(home / "dev.env", facts.lines())
        try:
            yield RunningStack(facts, faults)
        finally:
            say("Stopping")


def _clear(home: Path, say: Callable[[str], None]) -> None:
    """End what a killed run left behind, and keep the logs of the run before as <name>.log.1."""
    (home / "dev.env").unlink(missing_ok=True)
    ended = end_leftovers(home / "run")
    if ended:
        say(f"Ended leftovers of an earlier run: {', '.join(ended)}")
    for log in (home / "log").glob("*.log"):
        log.replace(log.with_suffix(".log.1"))


def _child(exits: ExitStack, home: Path, name: str, argv: Sequence[str], env: Mapping[str, str]) -> ChildProgram:
    log, pid_file = home / "log" / f"{name}.log", home / "run" / f"{name}.pid"
    child = spawn(argv, env, log, name=f"The {name}", pid_file=pid_file)
    exits.callback(child.stop)
    return child


def _look(faults: Sequence[Fault]) -> None:
    for fault in faults:
        words = fault()
        if words is not None:
            raise StackError(words)


def _wait_ready(settings: StackSettings, faults: Sequence[Fault]) -> None:
    deadline = time.monotonic() + READY_LIMIT
    while not probe.ready(settings.bridge_port):
        _look(faults)
        if time.monotonic() > deadline:
            raise StackError(
                f"{settings.bridge_url}/health/ready did not answer 200 within {READY_LIMIT:.0f} s: "
                f"see bridge.log and worker.log in {settings.home / 'log'}"
            )
        time.sleep(0.1)  # who is ready answers so, and does not call


def _token(settings: StackSettings, commands: StackCommands, env: Mapping[str, str]) -> str:
    """The service token of the run before, if the bridge still takes it, else a new one."""
    file = settings.home / "secrets" / "userbus_token"
    if file.exists() and probe.accepted(settings.bridge_port, file.read_text().strip()):
        return file.read_text().strip()
    token = _output(commands.token, env).strip()
    if len(token.split()) != 1:
        raise StackError(f"`{' '.join(commands.token[1:])}` wrote something else than one token to its standard output")
    keep(file, token)
    return token


def _output(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """What a command that ends writes to its standard output; StackError when it fails or takes too long."""
    try:
        result = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=COMMAND_LIMIT, check=True)
    except subprocess.TimeoutExpired as error:
        raise StackError(f"`{' '.join(argv[1:])}` did not end within {COMMAND_LIMIT:.0f} s") from error
    except subprocess.CalledProcessError as error:
        words = f"{error.stdout}{error.stderr}".strip()
        raise StackError(f"`{' '.join(argv[1:])}` ended with status {error.returncode}:\n{words}") from error
    return result.stdout
