"""Who runs the command line."""

import getpass
import os
import socket


def operator() -> str:
    """The name and host of whoever runs the command line, also by sudo: `ada@server`."""
    return f"{os.environ.get('SUDO_USER') or _user_name()}@{socket.gethostname()}"


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return str(os.getuid())
