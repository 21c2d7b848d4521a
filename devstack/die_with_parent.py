"""Start a program that gets SIGTERM when the process that asked for it ends, however it ends (Linux).

Run as a file by a bare interpreter: `python -I -S tether.py <pid of the parent> <command> [argument ...]`. It becomes
the command, so the process id stays the same.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie this process to its parent and become the command; does not return."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("the parent ended before its child began")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} could not be started: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
