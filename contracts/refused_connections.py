"""Connections that RabbitMQ refuses after the sign-in, for which aiormq drops the broker's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

MARK = "['Connection.OpenOk']"  # what aiormq says it expected in place of the broker's refusal


class ConnectionRefused(ConnectionError):
    """The broker knows the user and refuses the connection; the text names the address and the virtual host."""


@contextmanager
def name_refused_connections(url: str) -> Iterator[None]:
    """Raise `ConnectionRefused` in place of an error that does not say what the broker refused; others pass."""
    try:
        yield
    except Exception as error:
        if MARK not in str(error):
            raise
        parts = urlsplit(url)
        raise ConnectionRefused(
            f"{parts.netloc.rpartition('@')[2]} refuses the virtual host {unquote(parts.path[1:]) or '/'}: it does not "
            "exist, this user may not use it, or one of them has as many connections as it may; the broker's log says "
            "which"
        ) from error
