"""Run a command that gets SIGTERM when its parent process ends, however that ends (Linux).

Run as a file by a bare interpreter: `python -I -S die_with_parent.py <pid of the parent> <command> [argument ...]`. It
becomes the command, so the process id stays the same.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie this process to its parent and become the command; does not return."""
    end_with_parent()
    if sys.platform == "linux" and os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} could not be started: {error.strerror}")


def end_with_parent() -> None:
    """Let this process get SIGTERM when the thread that forked it ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
