"""HTTP on the loopback address: clients, and applications served on a free port."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from bridge.rest.connections import ConnectionLimits
from bridge.rest.protocol import limited_protocol
from tests.support.patience import PATIENCE


def http_client(url: str = "", **options: Any) -> httpx.AsyncClient:
    """A client for plain HTTP: it reads no certificates, which would take longer than most tests, and no proxies.

    It leaves a connection before the server does, which waits five seconds for the next request: one that is sent while
    the server closes is lost.
    """
    given = {"verify": False, "trust_env": False, "timeout": PATIENCE, "limits": httpx.Limits(keepalive_expiry=2.0)}
    return httpx.AsyncClient(base_url=url, **{**given, **options})


@asynccontextmanager
async def serve(
    app: ASGIApp, limits: ConnectionLimits | None = None, port: int = 0, **options: Any
) -> AsyncIterator[str]:
    """Serve an application on a port, 0 for a free one, until the block ends; yields its URL."""
    protocol = limited_protocol(limits or ConnectionLimits())
    listener = _listener(port)
    # a client in the same process sends nothing while their loop stands still, as on a slow machine
    options = {"timeout_keep_alive": int(PATIENCE / 2), **options}
    config = uvicorn.Config(app, http=protocol, ws="none", access_log=False, log_config=None, **options)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def _listener(port: int) -> socket.socket:
    """A socket on a port; asyncio turns Nagle's delay of 40 ms off only where the protocol is named."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener
