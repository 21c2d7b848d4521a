"""Servers that run already and are given by their URL: used, never started or stopped."""

from collections.abc import Callable
from urllib.parse import urlsplit

from devstack.errors import StackError
from devstack.server import StackServer

PATIENCE = 10.0


class GivenServer(StackServer):
    """A server somebody else runs; `setting` is the variable that gave its URL."""

    ours = False

    def __init__(self, name: str, setting: str, url: str, reachable: Callable[[], bool]) -> None:
        super().__init__(name, PATIENCE)
        self.setting = setting
        self.url = url
        self._reachable = reachable

    @property
    def pid(self) -> int:
        """Not ours to know."""
        raise self._refusal()

    def launch(self) -> None:
        """Nothing: it runs already."""

    def ready(self) -> bool:
        """Whether it can be reached."""
        return self._reachable()

    def fault(self) -> None:
        """Nothing is known about it."""

    def wait(self) -> None:
        """Wait until it can be reached; the message leaves out the password of its URL."""
        try:
            super().wait()
        except StackError as error:
            place = urlsplit(self.url).netloc.rpartition("@")[2]
            raise StackError(
                f"{self.setting} names {self.name} at {place}, but no {self.name} answers there: "
                f"start it, or leave {self.setting} out to have one started"
            ) from error

    def stop(self) -> None:
        """Refused."""
        raise self._refusal()

    def kill(self) -> None:
        """Refused."""
        raise self._refusal()

    def close(self) -> None:
        """Nothing: it stays as it is."""

    def _refusal(self) -> StackError:
        return StackError(f"{self.name} was given by {self.setting} and is not ours to stop or to watch")
