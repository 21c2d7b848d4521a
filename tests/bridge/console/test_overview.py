"""The overview: what is wrong and what to do, workers, queues, traffic."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.console.pages.overview import draw_depths, draw_work, find_troubles
from bridge.console.plots import HEIGHT, WIDTH, draw
from bridge.console.watch import QUEUES, WORK, Overview, Sample, Watch
from bridge.rest.traffic import SLOT_SECONDS, SLOTS, Traffic
from client.broker import QueueState, inspect_queues
from client.bus import Bus
from contracts.catalog import FAMILIES
from contracts.diagnosis import DatabaseView, DiagnosisView
from contracts.sms import SmsStatusView
from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import Visitor
from tests.support.dead_letters import add_dead_letters
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

SERVED = '<span class="badge good">served</span>'
PLOTS = (
    *("Requests over HTTP", "95 of 100 answered within", "Errors of ours (5xx)"),
    *("Requests that wait", "Events to be sent: the oldest"),
)
SMS: dict[str, Any] = {
    "gateway": "log", "per_number": 10, "per_address": 5, "per_day": 0, "sent_today": None, "number": None,
}  # fmt: skip
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATABASE: dict[str, Any] = {
    "answer": "primary", "version": "7.0", "replica_set": "rs0", "members": [], "write_concern": "majority",
    "read_concern": "majority", "clock_ahead": 0.0, "indexes_missing": [], "error": None,
}  # fmt: skip


def worker(build: str = "a", **database: Any) -> DiagnosisView:
    about = DatabaseView.model_validate(DATABASE | database)
    return DiagnosisView(worker=f"host:{build}", at=NOW, settings={"build": build}, database=about)


def queues(**changed: QueueState | None) -> dict[str, QueueState | None]:
    named = {name.replace("_", "."): state for name, state in changed.items()}
    return {**dict.fromkeys(QUEUES, QueueState(0, 1)), **named}


def troubles(**seen: Any) -> list[str]:
    known: dict[str, Any] = {"families": {"user": ""}, "workers": [worker()], "queues": queues()}
    return [trouble.what for trouble in find_troubles(Overview(**{**known, **seen}))]


async def read_answered(operator: SignedInOperator, path: str) -> str:
    """The page, once workers and broker have answered it within its two seconds, as they do not on a slow machine."""
    async with asyncio.timeout(PATIENCE):
        while True:
            page = await operator.visitor.read(path)
            if "<td>userbus.user.queries</td>" in page and page.count(SERVED) == len(FAMILIES):
                return page


async def test_it_shows_workers_families_queues_and_plots(operator: SignedInOperator, stack: Stack) -> None:
    page = await read_answered(operator, "/overview")
    assert page.count(SERVED) == len(FAMILIES)
    assert {title: page.count(f'aria-label="{title}, the last hour: ') for title in PLOTS} == dict.fromkeys(PLOTS, 1)
    assert 'data-live="/console/overview/live"' in page
    assert "<html" not in await read_answered(operator, "/overview/live")


async def test_dead_letters_are_told_with_the_way_to_them(
    operator: SignedInOperator, client: Client, no_dead_letters: None
) -> None:
    assert "dead letters." not in await read_answered(operator, "/overview/live")
    await add_dead_letters(client, 2)
    part = await read_answered(operator, "/overview/live")
    assert '<strong>There are 2 dead letters.</strong> <a href="/console/dead">' in part


async def test_a_stranger_sees_neither_page_nor_part(stranger: Visitor) -> None:
    for path in ("/overview", "/overview/live"):
        answer = await stranger.http.get(f"/console{path}")
        assert (answer.status_code, "userbus.user" in answer.text) == (303, False)


async def test_a_queue_that_is_not_there_is_none(stack: Stack) -> None:
    found = await inspect_queues(stack.amqp_url, ["userbus.user", "userbus.nowhere", "userbus.auth"])
    assert found["userbus.nowhere"] is None
    assert [name for name, state in found.items() if state and state.consumers] == ["userbus.user", "userbus.auth"]


def test_nothing_is_wrong_where_all_is_served() -> None:
    assert troubles() == []


def test_what_is_wrong_is_named() -> None:
    assert troubles(families={"user": "", "sms": "nobody answers"}) == ["sms: nobody answers"]
    assert troubles(queues=None) == ["The broker does not tell of its queues."]
    assert troubles(queues=queues(userbus_user=None)) == ["The queue userbus.user is not there."]
    assert troubles(queues=queues(userbus_user=QueueState(5, 0))) == ["Nobody consumes userbus.user."]
    assert troubles(queues=queues(userbus_user=QueueState(1000, 1))) == ["1000 requests wait in userbus.user."]
    retries = {f"userbus_retry_{step}": QueueState(5, 0) for step in ("1s", "5s")}
    assert troubles(queues=queues(**retries)) == ["10 requests wait to be tried again."]
    assert troubles(queues=queues(userbus_retry_1s=QueueState(9, 0))) == []
    assert troubles(queues=queues(userbus_dead=QueueState(3, 0))) == ["There are 3 dead letters."]
    assert troubles(queues=queues(userbus_dead=QueueState(1, 0))) == ["There is 1 dead letter."]
    assert troubles(queues=queues(userbus_dead_undeliverable=QueueState(1, 0))) == [
        "The broker cannot deliver 1 messages."
    ]
    assert troubles(workers=[worker(), worker("b")]) == ["Workers of 2 builds run."]
    for sent, told in ((4, ["The SMS gateway takes less than half of the codes."]), (5, [])):
        sms = SmsStatusView.model_validate(SMS | {"outcomes": {"sent": sent, "not_sent": 10 - sent}})
        assert troubles(sms=sms) == told
    late = worker(unsent_entries=2, unsent_since=NOW - timedelta(seconds=90))
    assert troubles(workers=[late]) == ["Events have waited for 90 s."]


def test_the_last_hour_is_counted_in_half_minutes() -> None:
    moments = iter([0.0, 1.0, 31.0, 65.0])
    traffic = Traffic(lambda: next(moments))
    traffic.record(200, 0.003)
    traffic.record(503, 7.0)
    traffic.record(200, 0.2)
    slots = traffic.last_hour()
    assert len(slots) == SLOTS
    assert [(slot.requests, slot.errors) for slot in slots[-3:]] == [(0, 0), (2, 1), (1, 0)]
    assert (slots[-2].rate, slots[-2].quantile(0.95), slots[-2].quantile(0.5)) == (2 / SLOT_SECONDS, 10.0, 0.005)
    assert (slots[-3].rate, slots[-3].quantile(0.95)) == (0, 0)


async def test_the_last_hour_of_queues_and_outbox_is_recorded(stack: Stack, client: Client) -> None:
    async with Bus(stack.amqp_url, app_id="tests") as bus:
        watch = Watch(bus, stack.amqp_url)
        assert {(sample.depths, sample.lag) for sample in watch.last_hour()} == {(None, None)}
        await watch.record()
        *before, now = watch.last_hour()[-2:]
    assert now.depths is not None
    assert {*now.depths} == {*QUEUES}
    assert now.lag is not None
    assert [sample.lag for sample in before] == [None]


async def test_who_does_not_answer_in_time_is_shown_as_of_the_last_answer(stack: Stack, client: Client) -> None:
    async with Bus(stack.amqp_url, app_id="tests", retry=False) as bus:
        watch = Watch(bus, stack.amqp_url)
        assert (await watch.look(0.0001)).workers == []
        seen = await watch.look(PATIENCE)
        assert {*seen.families.values()} == {""}
        later = await watch.look(0.0001)
    assert [worker.worker for worker in later.workers] == [worker.worker for worker in seen.workers] != []
    assert all(fault.endswith(" s ago") and "it last answered" in fault for fault in later.families.values())


async def test_who_has_not_answered_for_long_is_not_shown(stack: Stack, client: Client) -> None:
    now = 0.0
    async with Bus(stack.amqp_url, app_id="tests", retry=False) as bus:
        watch = Watch(bus, stack.amqp_url, lambda: now)
        assert (await watch.look(PATIENCE)).workers != []
        now = 91.0
        assert (await watch.look(0.0001)).workers == []


def test_what_waited_is_drawn_with_gaps_where_nobody_told() -> None:
    busy, idle = dict.fromkeys(QUEUES, 0) | {WORK[0]: 5}, dict.fromkeys(QUEUES, 0)
    hour = [Sample(1, busy, 2.0), Sample(2, None, None), Sample(3, idle, 0.0)]
    waiting, lag = draw_work(hour)
    assert (len(waiting.lines), waiting.largest, waiting.last) == (2, 5, 0)
    assert (len(lag.lines), lag.largest, lag.last) == (2, 2.0, 0.0)
    assert {name: plot.largest for name, plot in draw_depths(hour).items()} == {WORK[0]: 5}


def test_a_plot_goes_from_nothing_to_the_largest_value() -> None:
    assert draw("Requests", "a second", [0.0, 2.0, 1.0]).lines == (f"0.0,{HEIGHT}.0 {WIDTH / 2},0.0 {WIDTH}.0,30.0",)
    assert draw("Requests", "a second", [0.0, 0.0]).lines == (f"0.0,{HEIGHT}.0 {WIDTH}.0,{HEIGHT}.0",)
    unknown = draw("Requests", "a second", [None, None])
    assert (unknown.lines, unknown.largest, unknown.last) == ((), 0.0, None)
