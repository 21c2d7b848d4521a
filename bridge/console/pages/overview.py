"""Overview: what is wrong and what to do, workers, queues, and the bridge's traffic."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, show
from bridge.console.plots import Plot, draw
from bridge.console.watch import QUEUES, REMEMBERED_SECONDS, RETRIES, WORK, Overview, Queues, Sample, Watch
from bridge.rest.traffic import Traffic
from client.broker import QueueState
from contracts.catalog import DEAD, DEAD_UNDELIVERABLE

LATE_SECONDS = 60.0
MANY = 1000  # messages that wait in a queue
MANY_RETRIES = 10
FLOOD = "More workers for the family, or stop who floods: the audit trail and the workers' log name the app_id."


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, and what to do; `path` leads to a page of the console, where one helps."""

    what: str
    advice: str
    path: str = ""


def page(watch: Watch, traffic: Traffic) -> ConsolePage:
    """The page; `watch` asks workers and broker, `traffic` is the bridge's own."""
    return ConsolePage(
        "Overview",
        (
            show("/overview", partial(show_overview, watch, traffic, "overview.html")),
            show("/overview/live", partial(show_overview, watch, traffic, "overview_live.html")),
        ),
    )


async def show_overview(watch: Watch, traffic: Traffic, template: str, request: PageRequest) -> Response:
    """Show the whole page, or the part of it that is loaded again."""
    seen, hour = await watch.look(), watch.last_hour()
    return request.render(
        template,
        seen=seen,
        troubles=[*find_troubles(seen)],
        plots=[*draw_traffic(traffic), *draw_work(hour)],
        depths=draw_depths(hour),
        remembered=REMEMBERED_SECONDS,
    )


def draw_traffic(traffic: Traffic) -> list[Plot]:
    """Draw this bridge's traffic of the last hour."""
    slots = traffic.last_hour()
    return [
        draw("Requests over HTTP", "a second, at this bridge", [slot.rate for slot in slots]),
        draw("95 of 100 answered within", "seconds, at this bridge", [slot.quantile(0.95) for slot in slots]),
        draw("Errors of ours (5xx)", "a second, at this bridge", [slot.error_rate for slot in slots]),
    ]


def draw_work(hour: list[Sample]) -> list[Plot]:
    """Draw what waited in the last hour: requests in the queues of the families, and events in the outbox."""
    waiting = [None if sample.depths is None else sum(sample.depths.get(name, 0) for name in WORK) for sample in hour]
    return [
        draw("Requests that wait", "in the queues of the families", waiting),
        draw("Events to be sent: the oldest", "seconds old", [sample.lag for sample in hour]),
    ]


def draw_depths(hour: list[Sample]) -> dict[str, Plot]:
    """Draw the depth of each queue in which something waited in the last hour."""
    known = {name: [sample.depths.get(name) if sample.depths else None for sample in hour] for name in QUEUES}
    return {name: draw(name, "messages", depths) for name, depths in known.items() if any(depths)}


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
    yield from _find_service_troubles(seen)


def _find_service_troubles(seen: Overview) -> Iterator[Trouble]:
    if seen.lag > LATE_SECONDS:
        yield Trouble(
            f"Events have waited for {seen.lag:.0f} s.",
            "Is the broker up, is userbus.events.log out of disk? Another worker takes over within 5 s.",
        )
    if seen.sms and seen.sms.is_failing:
        yield Trouble("The SMS gateway takes less than half of the codes.", "Look at what became of them.", "/sms")
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
    waiting = sum(state.messages for name in RETRIES if (state := queues[name]))
    if waiting >= MANY_RETRIES:
        yield Trouble(f"{waiting} requests wait to be tried again.", "Look at what they failed with.", "/retries")
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
