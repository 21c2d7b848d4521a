"""A bare HTTP front of the bus: uvicorn and one ASGI function; GET /<queue>/<id> asks that queue for a user."""

import os
import sys
from typing import Any

import uvicorn
import uvloop

from bench.bus_load import bus_load
from devstack.ports import HOST


async def main() -> None:
    """Serve until the process is ended."""
    async with bus_load(os.environ["USERBUS_AMQP_URL"], userbus=False) as bus:

        async def answer(scope: Any, _receive: Any, send: Any) -> None:
            _, queue, id = scope["path"].split("/")
            body = await bus.call_queue(queue, "user.get", {"id": int(id)})
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        port = int(sys.argv[1])
        config = uvicorn.Config(
            answer, host=HOST, port=port, http="httptools", access_log=False, lifespan="off", log_level="warning"
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main())
