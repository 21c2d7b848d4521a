"""What waits on the retry ladder: requests that are tried again after a wait."""

from typing import Annotated

from pydantic import Field

from contracts.base import Events, Family, Query, Requests, View
from contracts.types import Timestamp


class WaitingRetry(View):
    """A request that waits for another try.

    `step` is its wait queue's step. `attempt` counts the tries that it has had; waits of an outage are none. `cause` is
    the code of the problem of the latest, `since` when it began to wait, `due` when it is tried again, `first` when its
    first try failed. Null is what an earlier version has not written down.
    """

    due: Timestamp | None
    step: str
    name: str
    attempt: int
    cause: str | None
    app_id: str | None
    message_id: str | None
    since: Timestamp | None
    first: Timestamp | None


class RetryStep(View):
    """A step of the ladder: how many `seconds` requests wait there, and how many are `waiting`.

    `seen_at` is when its requests were read: to read one marks it as delivered once more, which the broker bounds, so
    that one that was read ten times is told from memory.
    """

    step: str
    seconds: int
    waiting: int
    seen_at: Timestamp


class LadderView(View):
    """What waits, the soonest first, of each step `size` requests at most; `steps` has the numbers of all."""

    items: list[WaitingRetry]
    steps: list[RetryStep]


class ListRetries(Query[LadderView]):
    """Look at the retry ladder: the next `size` requests of each step.

    Answered also while the database is down. Requests that another worker reads at the same moment are missing.
    Fails with `broker.unavailable`.
    """

    size: Annotated[int, Field(ge=1, le=500)] = 100


FAMILY: Family = "auth"
REQUESTS: Requests = {"retry.list": ListRetries}
EVENTS: Events = {}
