"""A worker and a bridge in the test's process, on real servers."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args
from uuid import uuid4

from bridge.app import create_app
from bridge.settings import DialectName
from bridge.settings import Settings as BridgeSettings
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.loopback import serve
from tests.support.patience import PATIENCE
from worker.app import Worker, run_worker
from worker.settings import Settings

SECRET = "a secret key for tests that is long enough"
ENCRYPTION_KEY = "YSBrZXkgZm9yIHRlc3RzIHRoYXQgaXMgMzIgYnl0ZXM="


@dataclass(frozen=True)
class Stack:
    """Where everything is; `token` is a service token for every dialect."""

    url: str
    token: str
    amqp_url: str
    mongo_url: str
    worker: Worker
    sms_log: Path


def fresh_database(mongo_url: str) -> str:
    """The same server, a database of its own."""
    return mongo_url.replace("/userbus?", f"/userbus_{uuid4().hex[:8]}?")


def without_heartbeat(url: str) -> str:
    """The URL of a broker that keeps a connection of this process while a test or a fixture holds up its loop."""
    return f"{url}?heartbeat=0"


def settings(running: RunningServers, **changed: Any) -> Settings:
    """A worker's settings on these servers."""
    given = {
        "amqp_url": running.amqp_url,
        "mongo_url": running.mongo_url,
        "secret_key": SECRET,
        "encryption_key": ENCRYPTION_KEY,
        "webhook_networks": "127.0.0.0/8",
        "mongo_driver": os.environ.get("USERBUS_TEST_MONGO_DRIVER", "pymongo"),
        **changed,
    }
    return Settings(**given)


@asynccontextmanager
async def running_stack(running: RunningServers, **changed: Any) -> AsyncIterator[Stack]:
    """Both on free ports until the block ends; `changed` are settings of the worker."""
    async with AsyncExitStack() as exits:
        folder = exits.enter_context(TemporaryDirectory())
        sms_log = Path(folder) / "sms.log"
        amqp_url = without_heartbeat(running.amqp_url)
        given = {"amqp_url": amqp_url, "sms_sender": "log", "sms_log": sms_log, "sms_per_address": 0}
        worker = await exits.enter_async_context(run_worker(settings(running, **{**given, **changed})))
        client = await exits.enter_async_context(Client(amqp_url))
        scopes = [*get_args(DialectName)]
        issued = await client.done("token.issue", {"name": "tests", "scopes": scopes})
        app = create_app(BridgeSettings(amqp_url=amqp_url, bridge_timeout=PATIENCE))
        url = await exits.enter_async_context(serve(app))
        yield Stack(url, issued["token"], running.amqp_url, running.mongo_url, worker, sms_log)
