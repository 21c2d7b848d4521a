"""What a worker sees: of itself, its settings and its database, for whoever looks for trouble."""

from contracts.base import Events, Family, Query, Requests, View
from contracts.types import Timestamp


class DatabaseMember(View):
    """A member of the replica set as the worker's driver sees it; `lag` in seconds behind the primary."""

    address: str
    role: str
    lag: float | None
    error: str | None


class DatabaseView(View):
    """The database. `answer` is `primary`, `electing` or `silent`.

    `clock_ahead` is by how many seconds its clock is ahead of the worker's. `indexes_missing` holds
    `<collection>.<index>`. `unsent_entries` counts the journal entries whose events have not been sent, the oldest of
    which is of `unsent_since`. `error` tells why the rest is unknown.
    """

    answer: str
    version: str | None
    replica_set: str | None
    members: list[DatabaseMember]
    write_concern: str
    read_concern: str
    clock_ahead: float | None
    indexes_missing: list[str]
    unsent_entries: int | None = None
    unsent_since: Timestamp | None = None
    error: str | None


class DiagnosisView(View):
    """One worker: its name, its clock, and those of its settings that are no secrets, as texts.

    `settings` has `build` too, a digest of the worker's source, and facts about URLs and keys (`mongo_tls`).
    """

    worker: str
    at: Timestamp
    settings: dict[str, str]
    database: DatabaseView


class DiagnoseWorker(Query[DiagnosisView]):
    """Ask one worker what it sees. Answered also while the database is down."""


FAMILY: Family = "auth"
REQUESTS: Requests = {"worker.diagnose": DiagnoseWorker}
EVENTS: Events = {}
