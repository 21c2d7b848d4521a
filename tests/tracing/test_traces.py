"""One request is one trace: from HTTP through bridge, bus, worker, MongoDB and relay to the consumer of its event."""

import asyncio
import json
import secrets
from typing import Any

import pytest

from client.bus import Bus
from tests.support.client import Client
from tests.support.foreseen import new_name, user
from tests.support.otlp import ReceivedSpan, tree
from tests.support.patience import PATIENCE
from tests.tracing.conftest import TracedStack

COMMIT: dict[str, Any] = {"insert users": {}, "update totals": {}, "insert journal": {}, "commitTransaction": {}}
SENT: dict[str, Any] = {"send user.created": {"process user.created": {}}}
PROCESSED: dict[str, Any] = {
    "decode": {},
    "handle": {},  # ids come in blocks, of which the worker has one
    "commit": COMMIT,
    "send reply": {},
}
WHOLE = {"POST /user": {"send user.create": {"process user.create": {**PROCESSED, **SENT}}}}


def new_trace(flags: str = "01") -> tuple[str, str, str]:
    """The id of a trace, the span that begins it, and both as a header."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, f"00-{trace}-{span}-{flags}"


def of_trace(spans: list[ReceivedSpan], trace: str) -> list[ReceivedSpan]:
    return [span for span in spans if span.trace_id == trace]


async def wait_for(traced: TracedStack, trace: str, *names: str) -> list[ReceivedSpan]:
    """The spans of a trace, once these have come; what is in them has ended, and so come, before.

    Each program sends its own: name the outermost span of each.
    """
    await traced.collector.wait(lambda spans: {*names} <= {span.name for span in of_trace(spans, trace)})
    return of_trace(traced.collector.spans, trace)


async def create_and_consume(traced: TracedStack, body: dict[str, Any], **headers: str) -> Any:
    """Create a user over HTTP; its event, once a consumer has acknowledged it."""
    async with Bus(traced.amqp_url, app_id="billing") as bus, bus.events(new_name("billing"), "user.created") as events:
        answer = await traced.http.post("/user", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        async with asyncio.timeout(PATIENCE):
            async for event in events:
                if body["username"] in json.dumps(event.raw):
                    return event


@pytest.mark.usefixtures("consumer_tracing")
async def test_one_http_create_is_one_trace(traced: TracedStack) -> None:
    trace, root, parent = new_trace()
    body = user()
    event = await create_and_consume(traced, body, traceparent=parent, tracestate="vendor=1")
    ended = ("POST /user", "process user.create", "send user.created", "process user.created")
    found = await wait_for(traced, trace, *ended)
    assert tree(found, root) == WHOLE
    by_name = {span.name: span for span in found}
    kinds = {"POST /user": "SERVER", "send user.create": "PRODUCER", "process user.create": "CONSUMER"}
    kinds |= {"send user.created": "PRODUCER", "process user.created": "CONSUMER", "insert users": "CLIENT"}
    assert {name: by_name[name].kind for name in kinds} == kinds
    services = {by_name[name].service for name in ("POST /user", "process user.create", "process user.created")}
    assert services == {"userbus-bridge", "userbus-worker", "consumer"}
    assert event.traceparent == f"00-{trace}-{by_name['process user.created'].id}-01"
    assert body["username"] not in "".join(map(str, found))


@pytest.mark.usefixtures("consumer_tracing")
async def test_attributes_are_those_of_the_conventions(traced: TracedStack) -> None:
    trace, _, parent = new_trace()
    event = await create_and_consume(traced, user(), traceparent=parent)
    found = await wait_for(traced, trace, "POST /user", "process user.create", "process user.created")
    told = {span.name: span.attributes for span in found}
    http = {"http.request.method": "POST", "http.route": "/user", "http.response.status_code": 200}
    assert http.items() <= told["POST /user"].items()
    assert not {"url.path", "url.query", "url.full"} & told["POST /user"].keys()
    bus = {"messaging.system": "rabbitmq", "messaging.destination.name": "userbus.commands:user.create"}
    assert bus.items() <= told["send user.create"].items()
    assert told["process user.create"]["messaging.operation.type"] == "process"
    assert told["process user.create"]["messaging.message.id"] == event.causationid
    assert told["process user.create"]["userbus.outcome"] == "done"
    database = {"db.system.name": "mongodb", "db.collection.name": "users"}
    assert database.items() <= told["insert users"].items()
    assert told["process user.created"]["userbus.subject"] == event.subject


async def test_the_log_of_both_programs_has_the_trace(traced: TracedStack) -> None:
    trace, _, parent = new_trace()
    await traced.http.get(f"/user/{new_name()}", headers={"traceparent": parent})
    (found,) = [span for span in await wait_for(traced, trace, "process user.get") if span.name == "process user.get"]
    assert found.attributes["userbus.outcome"] == "not_found"
    assert not found.is_failed  # it is the caller's mistake
    assert tree(traced.collector.spans, found.id)["handle"] == {"find users": {}}
    for program in ("worker", "bridge"):
        lines = (traced.logs / f"{program}.log").read_text().splitlines()
        told = [json.loads(line)["event"] for line in lines if trace in line]
        assert told == ["request"], program


async def test_what_the_sender_did_not_sample_is_not_recorded_but_passed_on(traced: TracedStack) -> None:
    trace, _, parent = new_trace(flags="00")
    event = await create_and_consume(traced, user(), traceparent=parent)
    assert event.traceparent.split("-")[1::2] == [trace, "00"]
    sampled, _, later = new_trace()
    await traced.http.get(f"/user/{new_name()}", headers={"traceparent": later})
    await wait_for(traced, sampled, "process user.get", "GET /user/{username}")
    assert of_trace(traced.collector.spans, trace) == []


async def test_a_request_without_a_trace_begins_one(traced: TracedStack, caller: Client) -> None:
    message_id = secrets.token_hex(8)
    await caller.done("user.create", {"username": new_name()}, message_id=message_id)
    spans = await traced.collector.wait(
        lambda spans: any(span.attributes.get("messaging.message.id") == message_id for span in spans)
    )
    (root,) = [span for span in spans if span.attributes.get("messaging.message.id") == message_id]
    found = await wait_for(traced, root.trace_id, "send user.created", "process user.create")
    assert tree(found) == {"process user.create": {**PROCESSED, "send user.created": {}}}
    (line,) = [line for line in (traced.logs / "worker.log").read_text().splitlines() if message_id in line]
    assert json.loads(line)["trace_id"] == root.trace_id


async def test_commands_of_one_group_are_linked_to_their_commit(traced: TracedStack, caller: Client) -> None:
    traces = [new_trace() for _ in range(24)]
    bodies = [{"username": new_name()} for _ in traces]
    calls = zip(bodies, traces, strict=True)
    await asyncio.gather(
        *(caller.done("user.create", body, headers={"traceparent": trace[2]}) for body, trace in calls)
    )
    for trace, *_ in traces:
        await wait_for(traced, trace, "process user.create")
    ids = {trace for trace, *_ in traces}
    found = [span for span in traced.collector.spans if span.trace_id in ids]
    commits = {span.id: span for span in found if span.name == "commit"}
    groups = [span for span in found if span.name == "commit group"]
    alone = [span for span in found if span.name == "commitTransaction" and span.parent in commits]
    assert len(commits) == len(traces)
    assert groups, "none of 24 at once was committed with another"
    assert sum(span.attributes["userbus.group.size"] for span in groups) + len(alone) == len(traces)
    committed = [id for group in groups for id in (group.parent, *group.links)] + [span.parent for span in alone]
    assert sorted(committed) == sorted(commits)
    for group in groups:
        assert all(commits[id].links == [group.id] for id in group.links)


async def test_polls_and_sweeps_are_no_traces(traced: TracedStack) -> None:
    trace, _, parent = new_trace()
    await traced.http.get(f"/user/{new_name()}", headers={"traceparent": parent})
    await wait_for(traced, trace, "process user.get")
    assert {span.kind for span in traced.collector.spans if not span.parent} <= {"SERVER", "CONSUMER", "PRODUCER"}
    assert not [span for span in traced.collector.spans if span.attributes.get("db.collection.name") == "leases"]


@pytest.mark.usefixtures("consumer_tracing")
async def test_an_event_that_is_not_acknowledged_is_a_failed_span(traced: TracedStack) -> None:
    trace, _, parent = new_trace()
    async with Bus(traced.amqp_url, app_id="billing") as bus:
        events = bus.events(new_name("billing"), "user.created")
        async with events:
            answer = await traced.http.post("/user", json=user(), headers={"traceparent": parent})
            assert answer.status_code == 200
            async for event in events:
                if trace in (event.traceparent or ""):
                    await events.close()
    (span,) = [
        span for span in await wait_for(traced, trace, "process user.created") if span.name == "process user.created"
    ]
    assert (span.is_failed, span.attributes["error.type"]) == (True, "not acknowledged")
