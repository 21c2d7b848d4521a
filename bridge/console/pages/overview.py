"""Overview: what is wrong and what to do, workers, queues, and the bridge's traffic."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, show
from bridge.console.plots import Plot, draw
from bridge.rest.traffic import Traffic
from client.broker import QueueState, inspect_queues
from client.errors import BusError
from contracts.catalog import DEAD, DEAD_INCOMING, DEAD_UNDELIVERABLE, FAMILIES
from contracts.diagnosis import DiagnoseWorker, DiagnosisView
from contracts.entry import query_queue, queue
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue

SECONDS = 2.0
ASKED = 6  # the broker gives queries to its consumers in turn
LATE_SECONDS = 60.0
MANY = 1000  # messages that wait in a queue
FLOOD = "More workers for the family, or stop who floods: the audit trail and the workers' log name the app_id."
WORK = tuple(name(family) for family in FAMILIES for name in (queue, query_queue))
RETRIES = tuple(map(retry_queue, RETRY_STEPS))
QUEUES = (*WORK, *RETRIES, DEAD_INCOMING, DEAD, DEAD_UNDELIVERABLE)
Queues = Mapping[str, QueueState | None]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, and what to do; `path` leads to a page of the console, where one helps."""

    what: str
    advice: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """What is shown; `queues` is None where the broker does not tell."""

    families: Mapping[str, str]
    workers: Sequence[DiagnosisView]
    queues: Queues | None

    @property
    def lag(self) -> float:
        """For how many seconds the oldest unsent events have waited."""
        since = ((worker.at, worker.database.unsent_since) for worker in self.workers)
        return max(((at - oldest).total_seconds() for at, oldest in since if oldest), default=0.0)

    @property
    def unsent(self) -> int | None:
        """How many journal entries hold events that have not been sent; None where no worker tells."""
        told = [worker.database.unsent_entries for worker in self.workers]
        return max((count for count in told if count is not None), default=None)


def page(amqp_url: str, traffic: Traffic) -> ConsolePage:
    """The page; `amqp_url` is where queues are looked at, `traffic` is the bridge's own."""
    return ConsolePage(
        "Overview",
        (
            show("/overview", partial(show_overview, amqp_url, traffic, "overview.html")),
            show("/overview/live", partial(show_overview, amqp_url, traffic, "overview_live.html")),
        ),
    )


async def show_overview(amqp_url: str, traffic: Traffic, template: str, request: PageRequest) -> Response:
    """Show the whole page, or the part of it that is loaded again."""
    families, workers, queues = await asyncio.gather(
        _check_families(request), _ask_workers(request), _inspect_queues(amqp_url)
    )
    seen = Overview(families, workers, queues)
    return request.render(template, seen=seen, troubles=[*find_troubles(seen)], plots=draw_plots(traffic))


def draw_plots(traffic: Traffic) -> list[Plot]:
    """Draw the traffic of the last hour."""
    slots = traffic.last_hour()
    return [
        draw("Requests over HTTP", "a second", [slot.rate for slot in slots]),
        draw("95 of 100 answered within", "seconds", [slot.quantile(0.95) for slot in slots]),
        draw("Errors of ours (5xx)", "a second", [slot.error_rate for slot in slots]),
    ]


def find_troubles(seen: Overview) -> Iterator[Trouble]:
    """What is wrong, the worst first."""
    for family, fault in seen.families.items():
        if fault:
            yield Trouble(
                f"{family}: {fault}", "Start a worker for the family, or look at the log of the one there is."
            )
    if seen.queues is None:
        yield Trouble("The broker does not tell of its queues.", "Look at RabbitMQ, and at the address of the console.")
    else:
        yield from _find_queue_troubles(seen.queues)
    if seen.lag > LATE_SECONDS:
        yield Trouble(
            f"Events have waited for {seen.lag:.0f} s.",
            "Is the broker up, is userbus.events.log out of disk? Another worker takes over within 5 s.",
        )
    builds = {worker.settings.get("build") for worker in seen.workers}
    if len(builds) > 1:
        yield Trouble(f"Workers of {len(builds)} builds run.", "Bring the upgrade to its end.")


def _find_queue_troubles(queues: Queues) -> Iterator[Trouble]:
    for name in QUEUES:
        if queues[name] is None:
            yield Trouble(f"The queue {name} is not there.", "A worker declares it within seconds: start one.")
    for name in WORK:
        if state := queues[name]:
            yield from _judge_work(name, state)
    yield from _find_dead(queues)


def _find_dead(queues: Queues) -> Iterator[Trouble]:
    if (dead := queues[DEAD]) and dead.messages:
        told = "There is 1 dead letter." if dead.messages == 1 else f"There are {dead.messages} dead letters."
        yield Trouble(told, "Look at their causes.", "/dead")
    if (lost := queues[DEAD_UNDELIVERABLE]) and lost.messages:
        yield Trouble(f"The broker cannot deliver {lost.messages} messages.", "userbus dead drop-undeliverable")


def _judge_work(name: str, state: QueueState) -> Iterator[Trouble]:
    if not state.consumers:
        yield Trouble(f"Nobody consumes {name}.", "Start a worker for the family.")
    elif state.messages >= MANY:
        yield Trouble(f"{state.messages} requests wait in {name}.", FLOOD, "/audit")


async def _check_families(request: PageRequest) -> dict[str, str]:
    return dict(zip(FAMILIES, await asyncio.gather(*(_check(request, family) for family in FAMILIES)), strict=True))


async def _check(request: PageRequest, family: str) -> str:
    try:
        answer = await request.bus.check_health(family, timeout=SECONDS)
    except BusError as error:
        return error.message
    return "" if answer.database else "the database does not answer"


async def _ask_workers(request: PageRequest) -> list[DiagnosisView]:
    """The workers of the family auth that answer, by name."""
    asked = (request.bus.ask(DiagnoseWorker(), timeout=SECONDS) for _ in range(ASKED))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    found = {answer.worker: answer for answer in answers if isinstance(answer, DiagnosisView)}
    return [found[name] for name in sorted(found)]


async def _inspect_queues(amqp_url: str) -> Queues | None:
    try:
        async with asyncio.timeout(SECONDS):
            return await inspect_queues(amqp_url, QUEUES)
    except (OSError, TimeoutError):
        return None
