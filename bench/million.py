"""Move a million users in from Keycloak: `python -m bench.million [--users N] [--about N] [--cache-gb N]`.

Runs RabbitMQ, mongod, one worker and `userbus import --from keycloak` on a made-up export, and prints the rate and the
processor time a user by process for each 100,000 users, the peak memory of command and worker, and the worker's memory
a minute after. Some six minutes on two quiet cores; where others share the cores, processor time tells, not the rate.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pymongo import MongoClient

from bench.keycloak_export import write_export
from bench.machine import describe_commit, describe_machine, describe_moment
from bench.processes import cpu_seconds, peak_resident_mib, resident_mib
from bench.support import run_worker
from devstack.programs import ChildProgram, spawn
from devstack.servers import RunningServers, servers
from models.store.client import BsonDict

SERVERS = ("USERBUS_AMQP_URL", "USERBUS_MONGO_URL")  # somebody's own, which a benchmark must not fill
PARTS = 10
REST_SECONDS = 60.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Moment:
    """How many users had come at a time, and the processor time of each process until then, in seconds."""

    users: int
    time: float
    cpu: Mapping[str, float]


@dataclass
class Run:
    """One import: its processes by name, and what was seen of them."""

    pids: dict[str, int]
    moments: list[Moment] = field(default_factory=list)
    peaks: dict[str, float] = field(default_factory=dict)

    def look(self, users: int) -> Moment:
        """Look at every process, when so many users have come."""
        for name in ("command", "worker"):
            self.peaks[name] = max(self.peaks.get(name, 0.0), peak_resident_mib(self.pids[name]))
        return Moment(users, time.perf_counter(), cpu_seconds(self.pids))

    def keep(self, moment: Moment) -> None:
        """Keep a moment, and print what has happened since the one before it."""
        print(_row(f"to {moment.users:,}", self.moments[-1], moment), flush=True)
        self.moments.append(moment)


def main() -> None:
    """Measure on servers of its own and print the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.million", description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--about", type=int, default=0, help="characters of an attribute more: 1000 make it 2 GB")
    parser.add_argument("--cache-gb", default="4", help="cache of mongod; 4 hold a million users with their indexes")
    options = parser.parse_args()
    for name in SERVERS:
        os.environ.pop(name, None)
    os.environ["MONGO_CACHE_GB"] = options.cache_gb
    with TemporaryDirectory(prefix="million-") as home:
        export = Path(home) / "realm.json"
        write_export(export, options.users, options.about)
        print(f"commit {describe_commit()}, {describe_machine()}, cache of mongod {options.cache_gb} GB")
        print(f"{options.users:,} users, {export.stat().st_size / 1e9:.2f} GB, begins {describe_moment()}", flush=True)
        with servers(Path(home)) as up:
            _measure(up, Path(home), export, options.users)


def _measure(up: RunningServers, home: Path, export: Path, users: int) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    env |= {"USERBUS_AMQP_URL": up.amqp_url, "USERBUS_MONGO_URL": up.mongo_url, "USERBUS_SECRET_KEY": "ab" * 32}
    pids = {"RabbitMQ": up.rabbitmq.pid, "mongod": up.mongo.pid}
    with run_worker(env, home, "worker") as worker:
        run = Run({"worker": worker.pid, **pids})
        with _command(export, env, home) as command:
            run.pids["command"] = command.pid
            _watch(run, command, export, users // PARTS or 1)
        _report(run)
        print(f"all events sent after {_wait_sent(up.mongo_url):.1f} s more", flush=True)
        time.sleep(REST_SECONDS)  # what is measured next is a worker that has rested
        print(f"worker {REST_SECONDS:.0f} s after: {resident_mib(worker.pid):.0f} MiB; ended {describe_moment()}")


@contextmanager
def _command(export: Path, env: Mapping[str, str], home: Path) -> Iterator[ChildProgram]:
    argv = [sys.executable, "-m", "cli", "import", str(export), "--from", "keycloak"]
    program = spawn(argv, env, home / "command.log", name="command")
    try:
        yield program
    finally:
        program.stop()


def _watch(run: Run, command: ChildProgram, export: Path, part: int) -> None:
    """Keep a moment whenever another part of the users has come, and the last one before the command ends."""
    progress = _read_created(export.with_name(f"{export.name}.progress"))
    run.moments.append(last := run.look(0))
    print(f"| users | users a second | CPU µs a user: {' | '.join(run.pids)} | all |")
    print("|---" * (len(run.pids) + 3) + "|", flush=True)
    while True:
        last = run.look(last.users + next(progress))
        if last.users // part > run.moments[-1].users // part:
            run.keep(last)
        if command.exit_code is not None:
            break
        time.sleep(POLL_SECONDS)  # between two looks at the progress file, which tells no change
    if command.exit_code:
        raise SystemExit(command.fault())
    if last.users > run.moments[-1].users:
        run.keep(last)


def _read_created(progress: Path) -> Iterator[int]:
    """Yield how many users more the command has recorded as created."""
    while not progress.exists():
        yield 0
    rest = ""
    with progress.open() as lines:
        while True:
            *whole, rest = (rest + lines.read()).split("\n")
            yield sum(json.loads(line).get("created", 0) for line in whole)


def _report(run: Run) -> None:
    first, last = run.moments[0], run.moments[-1]
    print(_row(f"all, in {last.time - first.time:.1f} s", first, last))
    print("peak MiB: " + ", ".join(f"{name} {peak:.0f}" for name, peak in run.peaks.items()), flush=True)


def _row(title: str, before: Moment, after: Moment) -> str:
    users = after.users - before.users
    used = [(after.cpu[name] - before.cpu[name]) / users * 1e6 for name in after.cpu]
    cells = [title, f"{users / (after.time - before.time):,.0f}", *(f"{each:,.0f}" for each in (*used, sum(used)))]
    return f"| {' | '.join(cells)} |"


def _wait_sent(mongo_url: str) -> float:
    """Wait until no journal entry has events to send; the seconds that took."""
    began = time.perf_counter()
    with MongoClient[BsonDict](mongo_url) as client:
        journal = client.get_default_database()["journal"]
        while journal.find_one({"pending": 1}, {"_id": 1}):
            time.sleep(POLL_SECONDS)  # between two looks at the journal
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
