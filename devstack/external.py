"""Servers that somebody else runs, named by their URL: used, but never started or stopped."""

from collections.abc import Callable
from urllib.parse import urlsplit

from devstack.errors import AccessRefused, StackError
from devstack.server import StackServer

TIMEOUT = 10.0


class ExternalServer(StackServer):
    """A server that somebody else runs; `setting` is the variable that holds its URL."""

    is_managed = False

    def __init__(self, name: str, setting: str, url: str, reachable: Callable[[], bool]) -> None:
        super().__init__(name, TIMEOUT)
        self.setting = setting
        self.url = url
        self._reachable = reachable

    @property
    def pid(self) -> int:
        """Raises StackError: the process may be on another machine."""
        raise self._refusal()

    def launch(self) -> None:
        """Do nothing: it runs already."""

    def is_ready(self) -> bool:
        """Whether it accepts clients now; raises AccessRefused where it answers and refuses the user."""
        return self._reachable()

    def fault(self) -> str | None:
        """None: nothing is known about its process."""
        return None

    def wait(self) -> None:
        """Wait until it accepts clients.

        Raises StackError, without the password of its URL: at once where it refuses the user, otherwise after 10 s.
        """
        place = urlsplit(self.url).netloc.rpartition("@")[2]
        try:
            super().wait()
        except AccessRefused as error:
            raise StackError(f"{self.setting} names {self.name} at {place}, which refuses it: {error}") from error
        except StackError as error:
            raise StackError(
                f"{self.setting} names {self.name} at {place}, but no {self.name} answers there: "
                f"start it, or leave {self.setting} out to have one started"
            ) from error

    def stop(self) -> None:
        """Raise StackError."""
        raise self._refusal()

    def kill(self) -> None:
        """Raise StackError."""
        raise self._refusal()

    def close(self) -> None:
        """Do nothing: it keeps running."""

    def _refusal(self) -> StackError:
        return StackError(f"{self.name} is the server in {self.setting}, which userbus neither stops nor watches")
