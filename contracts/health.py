"""Is a worker there, and can it reach its database? Asked of every family's queue."""

from contracts.base import Query, View


class CheckHealth(Query):
    """Ask one worker of the family for its state."""


class HealthView(View):
    """One worker's state."""

    worker: str
    database: bool
