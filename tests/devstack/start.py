"""`python -m devstack up` with the stand-ins: `python start.py [part that plays the worker]`."""

import sys
from pathlib import Path

from devstack.main import main
from devstack.settings import StackCommands

STANDIN = (sys.executable, str(Path(__file__).with_name("standin.py")))


def commands(worker: str) -> StackCommands:
    """The stand-ins as the stack's programs."""
    return StackCommands((*STANDIN, worker), (*STANDIN, "bridge"), (*STANDIN, "seed"), (*STANDIN, "token"))


if __name__ == "__main__":
    sys.exit(main(["up"], commands(sys.argv[1] if len(sys.argv) > 1 else "worker")))
