"""A lock that allows one stack at a time in a folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.errors import StackError


@contextmanager
def lock_folder(home: Path) -> Iterator[None]:
    """Lock the folder, creating it if missing, until the block or the process ends; StackError if it is locked."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(
                f"A stack already runs in {home}: use it, stop it with Ctrl-C where it runs, "
                "or start one more with USERBUS_HOME=<another folder> and other ports"
            ) from error
        yield
