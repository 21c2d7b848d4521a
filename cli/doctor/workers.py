"""What all workers that serve `auth` tell of themselves: versions, settings, clocks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cli.doctor.finding import Finding, State, clock_ahead, judge, judge_clock
from client.bus import Bus
from contracts.catalog import FAMILIES
from contracts.diagnosis import DiagnoseWorker, DiagnosisView

ASKED = 100
SECONDS = 8.0
OWN = {"families", "prefetch", "log_format", "log_level", "request_log", "amqp_addresses", "build", "version", "worker"}
AREA = "workers"


@dataclass(frozen=True)
class SeenWorker:
    """A worker's answer, and by how many seconds its clock is ahead of this machine's at least."""

    view: DiagnosisView
    ahead: float


async def ask_workers(bus: Bus) -> list[SeenWorker]:
    """Ask until no new worker answers: the broker gives queries to its consumers in turn. Raises `BusError`."""
    seen: dict[str, SeenWorker] = {}
    repeats = 0
    for _ in range(ASKED):
        began = datetime.now(UTC)
        view = await bus.ask(DiagnoseWorker(), timeout=SECONDS)
        repeats = repeats + 1 if view.worker in seen else 0
        seen[view.worker] = SeenWorker(view, clock_ahead(view.at, began, datetime.now(UTC)))
        if repeats > 2 * len(seen):
            break
    return [seen[name] for name in sorted(seen)]


def check_workers(workers: Sequence[SeenWorker]) -> Iterator[Finding]:
    """What is to say of the workers that answered."""
    views = [worker.view for worker in workers]
    yield Finding("ok", AREA, "answering", ", ".join(view.worker for view in views))
    yield _check_builds(views)
    yield from _check_families(views)
    yield from _check_differences(views)
    for worker in workers:
        yield judge_clock(AREA, f"clock of {worker.view.worker}", worker.ahead)
        yield from _check_settings(worker.view)


def _check_builds(views: Sequence[DiagnosisView]) -> Finding:
    builds = Counter(f"{view.settings.get('version')} ({view.settings.get('build')})" for view in views)
    told = ", ".join(f"{count} of {build}" for build, count in builds.items())
    advice = "bring the upgrade to its end: replace the workers of the older build"
    return judge(AREA, "versions", told, "warning" if len(builds) > 1 else None, advice)


def _check_families(views: Sequence[DiagnosisView]) -> Iterator[Finding]:
    served = {family for view in views for family in view.settings.get("families", "").split(",")}
    if missing := [family for family in FAMILIES if family not in served]:
        told = f"no worker seen here serves {', '.join(missing)}"
        yield Finding(
            "warning",
            AREA,
            "families",
            told,
            "`userbus health` tells whether others do: only those with auth were asked",
        )


def _check_differences(views: Sequence[DiagnosisView]) -> Iterator[Finding]:
    for name in sorted({name for view in views for name in view.settings} - OWN):
        values = {view.settings.get(name, "not known") for view in views}
        if len(values) > 1:
            told = f"USERBUS_{name.upper()} is {' and '.join(sorted(values))}"
            yield Finding("warning", AREA, "settings", told, "give all workers the same, and start them again")


def _check_settings(view: DiagnosisView) -> Iterator[Finding]:
    settings = view.settings
    what = f"settings of {view.worker}"
    contradictions: list[tuple[bool, State, str, str]] = [
        (
            settings["require_caller"] == "true" and settings["services"] == "0",
            "warning",
            "callers are required, and the list of services is empty: nobody but userbus itself may ask",
            "`userbus service add`, or mount the file that USERBUS_SERVICES_FILE names",
        ),
        (
            int(settings["audit_days"]) < int(settings["journal_days"]),
            "warning",
            "audit_days is less than journal_days: entries are kept for the longer of the two",
            "set USERBUS_AUDIT_DAYS to what is kept",
        ),
        (
            float(settings["drain_seconds"]) < float(settings["patience_seconds"]),
            "warning",
            "drain_seconds is less than patience_seconds: a stop ends requests that have time left",
            "raise USERBUS_DRAIN_SECONDS",
        ),
        (
            settings["encryption_key"] == "false",
            "warning",
            "no encryption_key: integrations cannot keep secrets",
            "set USERBUS_ENCRYPTION_KEY",
        ),
    ]
    for is_so, state, told, advice in contradictions:
        if is_so:
            yield Finding(state, AREA, what, told, advice)
