"""Members of a MongoDB replica set, on loopback: three, and more where they are added."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from devstack.local import LocalServer
from devstack.mongodb import SET, ensure_mongod, local_mongod
from devstack.ports import HOST, answers, free_port
from tests.support.patience import PATIENCE

MEMBERS = 3
# as docs/scaling.md recommends for members in one region
ELECTION_MS = 3_000
CATCH_UP_MS = 1_000
SOURCE_SECONDS = 1


@dataclass(frozen=True)
class Member:
    """One member: its process and its address."""

    port: int
    server: LocalServer

    def freeze(self) -> None:
        """Let it stand still."""
        os.kill(self.server.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.server.pid, signal.SIGCONT)

    def state(self) -> str:
        """ "primary", "secondary", or "" where it is neither."""
        try:
            with client(self.port) as direct:
                told = direct.admin.command("hello")
        except PyMongoError:
            return ""
        return "primary" if told.get("isWritablePrimary") else "secondary" if told.get("secondary") else ""


@dataclass(frozen=True)
class ReplicaSet:
    """All members, with files and logs in `home`; `url` names the first three, with the database."""

    mongod: str
    home: Path
    members: list[Member] = field(default_factory=list)

    @property
    def url(self) -> str:
        hosts = ",".join(f"{HOST}:{member.port}" for member in self.members[:MEMBERS])
        return f"mongodb://{hosts}/userbus?replicaSet={SET}"

    def find_primary(self) -> Member:
        """The member that is primary now. Raises TimeoutError where none becomes it."""
        return self._find("primary")

    def find_secondary(self) -> Member:
        """A member that is secondary now."""
        return self._find("secondary")

    def wait_whole(self) -> None:
        """Wait until there is one primary, and all others are secondaries."""
        whole = ["primary", *["secondary"] * (len(self.members) - 1)]
        self._wait(lambda: sorted(member.state() for member in self.members) == whole)

    def step_down(self) -> None:
        """Have another member elected."""
        with client(self.find_primary().port) as direct:
            direct.admin.command({"replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5})

    def launch_member(self) -> Member:
        """Start the server of one member more, which belongs to no set yet."""
        member = _member(self.mongod, self.home / f"mongo{len(self.members)}")
        self.members.append(member)
        member.server.launch()
        return member

    def add_member(self) -> None:
        """Have one member more, which begins with a copy of everything."""
        primary, added = self.find_primary(), self.launch_member()
        added.server.wait()
        with client(primary.port) as direct:
            config = direct.admin.command("replSetGetConfig")["config"]
            config["version"] += 1
            config["members"].append({"_id": len(config["members"]), "host": f"{HOST}:{added.port}"})
            direct.admin.command("replSetReconfig", config)

    def close(self) -> None:
        """Stop all members."""
        for member in self.members:
            member.server.close()

    def _find(self, state: str) -> Member:
        self._wait(lambda: state in [member.state() for member in self.members])
        return next(member for member in self.members if member.state() == state)

    def _wait(self, holds: Any) -> None:
        until = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError("the replica set does not become whole")
            time.sleep(0.2)  # members do not announce their states


@contextmanager
def replica_set(home: Path) -> Iterator[ReplicaSet]:
    """Run three members until the block ends, with files and logs in `home`."""
    up = ReplicaSet(ensure_mongod(print), home)
    with ExitStack() as stack:
        stack.callback(up.close)
        for _ in range(MEMBERS):
            up.launch_member()
        for member in up.members:
            member.server.wait()
        _initiate(up)
        up.wait_whole()
        yield up


def client(port: int) -> MongoClient[dict[str, Any]]:
    """A client of one member, whatever its state."""
    return MongoClient(HOST, port, directConnection=True, serverSelectionTimeoutMS=1_000)


def _member(mongod: str, home: Path) -> Member:
    port = free_port()
    spec = local_mongod(mongod, home, port).spec
    argv = (*spec.argv, "--setParameter", f"oplogNetworkTimeoutBufferSeconds={SOURCE_SECONDS}")
    return Member(port, LocalServer(replace(spec, argv=argv, ready=lambda: answers(HOST, port))))


def _initiate(up: ReplicaSet) -> None:
    members = [
        {"_id": number, "host": f"{HOST}:{member.port}", "priority": 2 if number == 0 else 1}
        for number, member in enumerate(up.members)
    ]
    settings = {"electionTimeoutMillis": ELECTION_MS, "catchUpTimeoutMillis": CATCH_UP_MS}
    with client(up.members[0].port) as direct:
        direct.admin.command("replSetInitiate", {"_id": SET, "members": members, "settings": settings})
