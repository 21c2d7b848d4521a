"""`python -m devstack up` with fake programs: `python -m tests.support.start_stack [part that plays the worker]`."""

import sys

from devstack.main import main
from devstack.settings import StackCommands

FAKE = (sys.executable, "-m", "tests.support.fake_programs")


def stack_commands(worker: str) -> StackCommands:
    """The fake programs as the stack's commands."""
    return StackCommands((*FAKE, worker), (*FAKE, "bridge"), (*FAKE, "seed"), (*FAKE, "token"))


if __name__ == "__main__":
    sys.exit(main(["up"], stack_commands(sys.argv[1] if len(sys.argv) > 1 else "worker")))
