"""Every event of the catalogue, caused by one life: CloudEvents 1.0, in order, without secrets."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractIncomingMessage
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contracts.catalog import CATALOG, EVENTS
from models.outbox import Outbox
from tests.client import Client
from tests.flows.life import FOREIGN, HEADERS, Life, Said, lived
from tests.stack import Stack


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
    outbox = Outbox(stack.worker.shared.store)
    async with asyncio.timeout(20):
        while await outbox.backlog():
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
    async with asyncio.timeout(20):
        while not any(json.loads(message.body).get("causationid") == last for message in messages):
            await asyncio.sleep(0.05)
    await queue.cancel(tag)
    ours = {said.message_id for said in life.said} | {last}
    return Told(life, [message for message in messages if json.loads(message.body)["causationid"] in ours])


def test_a_life_uses_the_whole_catalogue(told: Told) -> None:
    assert {said.name for said in told.life.said} == {*CATALOG}


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_of_the_catalogue_is_told(told: Told, name: str) -> None:
    assert told.named(name)
    for event in told.named(name):
        EVENTS[name].model_validate(event["data"])
        assert event["dataschema"] == f"urn:userbus:schema:{name}.v1"


def test_each_event_is_a_cloudevent_under_its_own_routing_key(told: Told) -> None:
    for message in told.messages:
        event = JSONFormat().read(CloudEvent, message.body)
        assert message.content_type == JSONFormat.CONTENT_TYPE
        assert message.message_id == event.get_id()
        assert event.get_type() == f"userbus.{message.routing_key}.v1"
        assert event.get_source() == "/userbus"
        assert event.get_extension("actor") == HEADERS["x-actor"]
        assert event.get_extension("traceparent") == HEADERS["traceparent"]
    assert len({message.message_id for message in told.messages}) == len(told.messages)


def test_the_sequence_of_each_subject_has_no_gap(told: Told) -> None:
    sequences = defaultdict(list)
    for event in told.events:
        sequences[event["subject"]].append(event["sequence"])
    assert len(sequences[f"user/{told.life.person['id']}"]) > 10
    assert {about: seen for about, seen in sequences.items() if seen != [*range(1, len(seen) + 1)]} == {}


def test_the_sequence_is_the_revision_that_the_event_shows(told: Told) -> None:
    shown = [event for event in told.events if "revision" in event["data"]]
    assert shown
    assert all(event["sequence"] == event["data"]["revision"] for event in shown)


def test_no_event_holds_a_secret(told: Told) -> None:
    texts = "".join(message.body.decode() for message in told.messages)
    assert len(told.life.secrets) > 10
    assert [secret for secret in told.life.secrets if secret in texts] == []


def test_an_erased_user_is_told_without_anything_personal(told: Told) -> None:
    (event,) = told.named("user.erased")
    person = told.life.person
    assert (event["subject"], event["data"]) == (f"user/{person['id']}", {"id": person["id"]})
    texts = ("uuid", "username", "email", "name", "telephone", "mobile", "position", "company", "gender")
    assert [text for text in texts if person[text] in json.dumps(event)] == []


async def test_no_collection_holds_a_secret(told: Told, stack: Stack) -> None:
    database = stack.worker.shared.store.database
    for name in await database.list_collection_names():
        stored = str(await database.get_collection(name).find({}).to_list(None))
        secrets = told.life.secrets - ({FOREIGN} if name == "users" else set())
        assert [secret for secret in secrets if secret in stored] == [], name


def commands(told: Told) -> list[Said]:
    return [said for said in told.life.said if CATALOG[said.name].is_command]


async def test_every_command_is_answered_the_same_again_and_tells_nothing_new(
    told: Told, client: Client, stack: Stack
) -> None:
    await settled(stack)
    events = await client.events("#")
    for said in commands(told):
        assert await client.call(said.name, said.body, message_id=said.message_id) == said.reply, said.name
    await client.done("user.create", {"username": uuid4().hex})
    assert (await events.next())["type"] == "userbus.user.created.v1"


async def test_every_command_refuses_another_body_under_its_id(told: Told, client: Client) -> None:
    for said in commands(told):
        other = json.dumps(said.body, indent=1).encode()
        problem = await client.refused(said.name, other, message_id=said.message_id)
        assert (problem["kind"], problem["code"]) == ("conflict", "message.id_reused"), said.name


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
