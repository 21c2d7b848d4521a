"""The interface of every server of the stack, wherever it runs."""

import time
from abc import ABC, abstractmethod

from devstack.errors import StackError


class StackServer(ABC):
    """A server that can be stopped, killed and started again on the same port with the same files."""

    is_managed = True
    """False for a server that somebody else runs: it can be neither stopped nor started."""

    def __init__(self, name: str, limit: float = 60.0) -> None:
        self.name = name
        self.limit = limit

    @property
    @abstractmethod
    def pid(self) -> int:
        """The id of its process on this machine; raises StackError when it was never started."""

    @abstractmethod
    def launch(self) -> None:
        """Start it without waiting until it accepts clients."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it accepts clients now."""

    @abstractmethod
    def fault(self) -> str | None:
        """Why it does not run, with the last lines of its log; None while it runs."""

    @abstractmethod
    def stop(self) -> None:
        """Shut it down gracefully; harmless when it does not run."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once with SIGKILL."""

    @abstractmethod
    def close(self) -> None:
        """Stop it for good and remove what must not stay behind."""

    def start(self) -> None:
        """Start it and wait until it accepts clients."""
        self.launch()
        self.wait()

    def restart(self) -> None:
        """Stop it, start it again and wait until it accepts clients."""
        self.stop()
        self.start()

    def wait(self) -> None:
        """Wait until it accepts clients; raises StackError when it ends before that or takes longer than its limit."""
        deadline = time.monotonic() + self.limit
        while not self.is_ready():
            fault = self.fault()
            if fault is None and time.monotonic() > deadline:
                fault = f"{self.name} was not ready after {self.limit:.0f} s"
            if fault is not None:
                raise StackError(fault)
            time.sleep(0.05)  # nothing announces that a port opens
