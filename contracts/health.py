"""Health checks: whether a family has a worker that reaches its database."""

from contracts.base import Query, View


class HealthView(View):
    """The state of the worker that answered; `database` tells whether it can write."""

    worker: str
    database: bool


class CheckHealth(Query[HealthView]):
    """Ask one worker of the family for its state.

    Answered also while the database is down.
    """
