"""What `ask` and `publish` raise: one exception a kind of problem, and one for no answer in time."""

from typing import Any

from contracts.problem import Kind, Problem


class BusError(Exception):
    """A request failed.

    `code` is stable and meant for programs, `message` is meant for people; `details` depends on the code. Codes that
    begin with `bus.` come from the client itself.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.message}")
        self.problem = problem

    @property
    def code(self) -> str:
        """The stable code, such as `user.email_taken`."""
        return self.problem.code

    @property
    def message(self) -> str:
        """One sentence for people."""
        return self.problem.message

    @property
    def details(self) -> Any:
        """What the code says more, or None."""
        return self.problem.details


class Invalid(BusError):
    """The message or a field is wrong; `details` is a list of `{field, message}`."""


class Unauthenticated(BusError):
    """The credentials, session, token or code are not good."""


class Denied(BusError):
    """The caller is known, but not allowed to do this."""


class NotFound(BusError):
    """The thing named does not exist."""


class Conflict(BusError):
    """Something else has that name already, or the revision is stale."""


class Throttled(BusError):
    """Asked too often; ask again after `retry_after` seconds."""

    @property
    def retry_after(self) -> float:
        """Seconds to wait."""
        given = self.details.get("retry_after") if isinstance(self.details, dict) else None
        return float(given) if isinstance(given, int | float) else 1.0


class Unavailable(BusError):
    """The broker, the database or a gateway is down: ask again with the same message_id."""


class Internal(BusError):
    """A fault of the service; `details["fault"]` is its id in the service's log."""


class TimedOut(BusError):
    """No reply came before the deadline: the request may still be carried out. Ask again with the same message_id."""


KINDS: dict[Kind, type[BusError]] = {
    "invalid": Invalid,
    "unauthenticated": Unauthenticated,
    "denied": Denied,
    "not_found": NotFound,
    "conflict": Conflict,
    "throttled": Throttled,
    "unavailable": Unavailable,
    "internal": Internal,
}


def error_of(problem: Problem) -> BusError:
    """The exception for a problem of a reply."""
    return KINDS[problem.kind](problem)


def unavailable(code: str, message: str) -> Unavailable:
    """An outage that the client itself has met."""
    return Unavailable(Problem(kind="unavailable", code=code, message=message))


def access_refused(message: str) -> Denied:
    """What the broker does not let this client's user do."""
    return Denied(Problem(kind="denied", code="bus.access_refused", message=message))


def timed_out(name: str, seconds: float) -> TimedOut:
    """No answer to the request `name` within `seconds`."""
    text = f"no answer to {name} within {seconds:g} s"
    return TimedOut(Problem(kind="unavailable", code="bus.timed_out", message=text))
