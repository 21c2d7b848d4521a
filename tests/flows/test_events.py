"""Every event of the catalogue, caused by one life: CloudEvents 1.0, in order, without secrets."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractIncomingMessage
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import ValidationError

from contracts.catalog import CATALOG, EVENTS
from models.store.outbox import Outbox
from tests.support.catalogue_walk import FOREIGN, HEADERS, Body, Life, Said, lived
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

BY_ITSELF = {"webhook.disabled"}  # no request causes it: test_webhook_outages.py


@dataclass(frozen=True)
class Told:
    """A life and the messages that told of it."""

    life: Life
    messages: list[AbstractIncomingMessage]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(message.body) for message in self.messages]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == f"userbus.{name}.v1"]


async def settled(stack: Stack) -> None:
    """Wait until no event waits to be sent."""
    outbox = Outbox(stack.worker.dependencies.store)
    async with asyncio.timeout(PATIENCE):
        while await outbox.count_pending():
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def told(client: Client, stack: Stack) -> Told:
    messages: list[AbstractIncomingMessage] = []

    async def receive(message: AbstractIncomingMessage) -> None:
        messages.append(message)

    queue = await client.channel.declare_queue(exclusive=True)
    await queue.bind("userbus.events", "#")
    tag = await queue.consume(receive, no_ack=True)
    life = await lived(client, stack)
    await settled(stack)
    last = uuid4().hex
    await client.send("user.update", {"id": life.person["id"], "name": "late"}, message_id=last, headers=HEADERS)
    async with asyncio.timeout(PATIENCE):
        while not any(json.loads(message.body).get("causationid") == last for message in messages):
            await asyncio.sleep(0.05)
    await queue.cancel(tag)
    ours = {said.message_id for said in life.said} | {last}
    return Told(life, [message for message in messages if json.loads(message.body)["causationid"] in ours])


async def test_a_life_uses_the_whole_catalogue(told: Told) -> None:
    assert {said.name for said in told.life.said} == {*CATALOG}


@pytest.mark.parametrize("name", sorted(EVENTS.keys() - BY_ITSELF))
async def test_each_event_of_the_catalogue_is_told(told: Told, name: str) -> None:
    assert told.named(name)
    for event in told.named(name):
        EVENTS[name].model_validate(event["data"])
        assert event["dataschema"] == f"urn:userbus:schema:{name}.v1"


async def test_each_event_is_a_cloudevent_under_its_own_routing_key(told: Told) -> None:
    for message in told.messages:
        event = JSONFormat().read(CloudEvent, message.body)
        assert message.content_type == JSONFormat.CONTENT_TYPE
        assert message.message_id == event.get_id()
        assert event.get_type() == f"userbus.{message.routing_key}.v1"
        assert event.get_source() == "/userbus"
        assert event.get_extension("actor") == HEADERS["x-actor"]
        assert event.get_extension("traceparent") == HEADERS["traceparent"]
    assert len({message.message_id for message in told.messages}) == len(told.messages)


async def test_the_sequence_of_each_subject_has_no_gap(told: Told) -> None:
    sequences = defaultdict(list)
    for event in told.events:
        sequences[event["subject"]].append(event["sequence"])
    assert len(sequences[f"user/{told.life.person['id']}"]) > 10
    assert {about: seen for about, seen in sequences.items() if seen != [*range(1, len(seen) + 1)]} == {}


async def test_the_sequence_is_the_revision_that_the_event_shows(told: Told) -> None:
    shown = [event for event in told.events if "revision" in event["data"]]
    assert shown
    assert all(event["sequence"] == event["data"]["revision"] for event in shown)


async def test_no_event_holds_a_secret(told: Told) -> None:
    texts = "".join(message.body.decode() for message in told.messages)
    assert len(told.life.secrets) > 10
    assert [secret for secret in told.life.secrets if secret in texts] == []


async def test_an_erased_user_is_told_without_anything_personal(told: Told) -> None:
    (event,) = told.named("user.erased")
    person = told.life.person
    assert (event["subject"], event["data"]) == (f"user/{person['id']}", {"id": person["id"]})
    texts = ("uuid", "username", "email", "name", "telephone", "mobile", "position", "company", "gender")
    assert [text for text in texts if person[text] in json.dumps(event)] == []


async def test_no_collection_holds_a_secret(told: Told, stack: Stack) -> None:
    database = stack.worker.dependencies.store.database
    for name in await database.list_collection_names():
        stored = str(await database.get_collection(name).find({}).to_list(None))
        secrets = told.life.secrets - ({FOREIGN} if name == "users" else set())
        assert [secret for secret in secrets if secret in stored] == [], name


def commands(told: Told) -> list[Said]:
    return [said for said in told.life.said if CATALOG[said.name].is_command]


async def assert_repeated(answer: dict[str, Any], said: Said, told: Told, stack: Stack) -> None:
    """The same reply, but for commands about the user whose erasure has cleared them."""
    entry = await stack.worker.dependencies.store.collection("journal").find_one({"_id": said.message_id})
    if f"user/{told.life.person['id']}" in entry["subjects"] and said.name != "user.delete":
        assert answer["problem"]["code"] == "message.id_reused", said.name
    else:
        assert answer == said.reply, said.name


async def test_every_command_is_answered_the_same_again_and_tells_nothing_new(
    told: Told, client: Client, stack: Stack
) -> None:
    await settled(stack)
    events = await client.events("#")
    for said in commands(told):
        answer = await client.call(said.name, said.body, message_id=said.message_id)
        await assert_repeated(answer, said, told, stack)
    await client.done("user.create", {"username": uuid4().hex})
    assert (await events.next())["type"] == "userbus.user.created.v1"


def altered_values(value: Any) -> list[Any]:
    """Values of the same type that differ."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, -value, 1 - value]
    if isinstance(value, str):
        return [f"{value}1", f"1{value[1:]}", f"{value[:-1]}9", f"{value[:-1]}8"]
    if isinstance(value, list):
        return [[*value[:-1], *([other] if value else [])] for other in altered_values(value[-1])] if value else [[1]]
    return [{**value, key: other} for key, one in value.items() for other in altered_values(one)] if value else []


def another_body(said: Said) -> Body:
    """A body that its contract takes, with one other value."""
    kind = CATALOG[said.name].message
    wholly_valid = []
    for body in altered_values(said.body):
        with suppress(ValidationError):
            kind.model_validate_json(json.dumps(body))
            wholly_valid.append(body)
    assert wholly_valid, said.name
    other: Body = wholly_valid[0]
    return other


async def test_every_command_refuses_another_body_under_its_id(told: Told, client: Client) -> None:
    for said in commands(told):
        problem = await client.refused(said.name, another_body(said), message_id=said.message_id)
        assert (problem["kind"], problem["code"]) == ("conflict", "message.id_reused"), said.name


async def test_every_command_is_answered_alike_in_another_form(told: Told, client: Client, stack: Stack) -> None:
    for said in commands(told):
        other = json.dumps(dict(reversed(said.body.items())), indent=1).encode()
        answer = await client.call(said.name, other, message_id=said.message_id)
        await assert_repeated(answer, said, told, stack)


async def test_another_body_under_a_used_id_that_nobody_waits_for_is_told_once(client: Client) -> None:
    message_id = uuid4().hex
    await client.done("user.create", {"username": uuid4().hex}, message_id=message_id)
    events = await client.events("command.refused")
    other = {"username": uuid4().hex}
    for _ in range(2):
        await client.send("user.create", other, message_id=message_id, app_id="billing")
    event = await events.next()
    assert (event["data"]["message_id"], event["data"]["app_id"]) == (message_id, "billing")
    assert event["data"]["problem"]["code"] == "message.id_reused"
    assert (event["causationid"], event["sequence"]) == (message_id, 1)
    again = await client.events("command.refused")
    await client.done("user.create", {"username": uuid4().hex})
    with pytest.raises(TimeoutError):
        await again.next(0.5)


async def test_every_event_has_its_context_as_amqp_properties_too(told: Told) -> None:
    for message, event in zip(told.messages, told.events, strict=True):
        assert message.correlation_id == event.get("correlationid")
        assert message.headers.get("traceparent") == event.get("traceparent")
        assert message.headers["cloudEvents_subject"] == event["subject"]
        assert message.timestamp == datetime.fromisoformat(event["time"]).replace(microsecond=0)
    assert any(message.correlation_id and message.headers.get("traceparent") for message in told.messages)


async def test_an_odd_correlation_id_does_not_hold_events_up(client: Client) -> None:
    events, message_id = await client.events("user.created"), uuid4().hex
    odd = "\x01" * 200  # each is replaced by a character of three bytes, which the property has no room for
    await client.send("user.create", {"username": uuid4().hex}, message_id=message_id, correlation_id=odd)
    async with asyncio.timeout(PATIENCE):
        while (event := await events.next())["causationid"] != message_id:
            pass
    assert event["correlationid"] == "\ufffd" * 200
