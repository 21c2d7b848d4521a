"""What workers tell of MongoDB."""

from collections.abc import Iterator

from cli.doctor.finding import Finding, State, judge, judge_clock
from contracts.diagnosis import DatabaseMember, DatabaseView, DiagnosisView

AREA = "database"
OLDEST = (6, 0)
MEMBERS = 3
LAG_SECONDS = 10.0
DATA_ROLES = ("primary", "secondary")


def check_database(worker: DiagnosisView) -> Iterator[Finding]:
    """What is to say of the database as one worker sees it."""
    database, seen = worker.database, f"seen by {worker.worker}"
    fault: State | None = None if database.answer == "primary" and not database.error else "broken"
    told = f"{database.answer}{f': {database.error}' if database.error else ''}"
    yield judge(AREA, seen, told, fault, "look at MongoDB and the network; `parts.database` in docs/operations.md")
    yield from _check_members(database)
    yield _check_concerns(database)
    if database.version is not None:
        yield from _check_server(database)


def _check_server(database: DatabaseView) -> Iterator[Finding]:
    version = database.version or ""
    is_old = tuple(int(part) for part in version.split(".")[:2]) < OLDEST
    yield judge(AREA, "version", version, "warning" if is_old else None, "upgrade MongoDB to 6.0 or later")
    if database.clock_ahead is not None:
        yield judge_clock(AREA, "clock, beside the worker's", database.clock_ahead)
    missing = database.indexes_missing
    told = f"missing or not unique: {', '.join(missing)}" if missing else "all there"
    advice = "start a worker anew, which builds them; where it is not unique, drop the index first"
    yield judge(AREA, "indexes", told, "broken" if missing else None, advice)


def _check_members(database: DatabaseView) -> Iterator[Finding]:
    members = database.members
    told = ", ".join(f"{member.address} {member.role}" for member in members)
    with_data = [member for member in members if member.role in DATA_ROLES]
    fault: State | None = "warning" if len(with_data) < MEMBERS else None
    advice = 'three members with data survive the loss of one: rs.add("<host>:27017")'
    yield judge(AREA, f"replica set {database.replica_set or 'unknown'}", told, fault, advice)
    for member in members:
        yield from _check_member(member)


def _check_member(member: DatabaseMember) -> Iterator[Finding]:
    if member.error or member.role == "unknown":
        yield Finding(
            "broken", AREA, member.address, member.error or "does not answer", "start it, or remove it from the set"
        )
    if member.role == "arbiter":
        told = "an arbiter: with one other member down no write is acknowledged"
        yield Finding("warning", AREA, member.address, told, "put a member with data in its place")
    if member.lag is not None and member.lag > LAG_SECONDS:
        yield Finding(
            "warning", AREA, member.address, f"{member.lag} s behind the primary", "look at its disk and network"
        )


def _check_concerns(database: DatabaseView) -> Finding:
    told = f"writes {database.write_concern}, reads {database.read_concern}"
    is_weak = {database.write_concern, database.read_concern} != {"majority"}
    return judge(AREA, "concerns", told, "broken" if is_weak else None, "a crash can take back what was answered")
