"""A worker and a bridge in the test's process, on real servers."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import uvicorn

from bridge.app import create_app
from bridge.settings import Settings as BridgeSettings
from devstack.servers import RunningServers
from handlers.app import Worker, working
from handlers.settings import Settings
from tests.client import Client

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


def settings(running: RunningServers, **changed: Any) -> Settings:
    """A worker's settings on these servers."""
    given = {
        "amqp_url": running.amqp_url,
        "mongo_url": running.mongo_url,
        "secret_key": SECRET,
        "encryption_key": ENCRYPTION_KEY,
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
        sms = {"sms_sender": "log", "sms_log": sms_log, "sms_per_address": 0}
        worker = await exits.enter_async_context(working(settings(running, **{**sms, **changed})))
        client = await exits.enter_async_context(Client(running.amqp_url))
        scopes = ["foreseen", "rbac", "passport"]
        issued = await client.done("token.issue", {"name": "tests", "scopes": scopes})
        url = await exits.enter_async_context(_bridge(running.amqp_url))
        yield Stack(url, issued["token"], running.amqp_url, running.mongo_url, worker, sms_log)


def listening() -> socket.socket:
    """A socket on a free port; asyncio turns Nagle's delay of 40 ms off only where the protocol is named."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


@asynccontextmanager
async def _bridge(amqp_url: str) -> AsyncIterator[str]:
    listener = listening()
    app = create_app(BridgeSettings(amqp_url=amqp_url))
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", access_log=False, log_config=None))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
