"""Requests to the bridge, never through a proxy of the environment, which cannot reach this machine."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from devstack.ports import HOST

TIMEOUT = 5.0
CONSOLE = "/console"


def status(port: int, path: str, headers: Mapping[str, str] | None = None) -> int | None:
    """The HTTP status of a GET; None where nothing answers within 5 s or a header is invalid."""
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        return connection.getresponse().status
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()


def is_ready(port: int) -> bool:
    """Whether the bridge reports itself and what it depends on as ready."""
    return status(port, "/health/ready") == 200


def accepts_token(port: int, token: str) -> bool:
    """Whether the bridge accepts the service token."""
    return status(port, "/integration/lark", {"Authorization": f"Bearer {token}"}) in (200, 404)


def has_console(port: int) -> bool:
    """Whether the bridge serves a console for people, be it behind a sign-in."""
    return status(port, CONSOLE) in (200, 302, 303, 307, 401, 403)
