"""The end of a connection to the broker for which aiormq has no reason."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def name_lost_connections() -> Iterator[None]:
    """Raise ConnectionError in place of a bare Exception.

    With that aiormq fails whatever waits on a connection that ends without a reason.
    """
    try:
        yield
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise ConnectionError("the connection to the broker was lost") from error
