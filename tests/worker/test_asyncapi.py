"""The AsyncAPI document: what goes around each body, and an example of each message that its own schema takes."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from contracts.asyncapi.document import asyncapi
from contracts.catalog import CATALOG, EVENTS
from worker.asyncapi import FOLDER

Json = dict[str, Any]
DOCUMENT = asyncapi()


def messages() -> Iterator[tuple[str, Json]]:
    for key, channel in DOCUMENT["channels"].items():
        for name, message in channel["messages"].items():
            yield f"{key} {name}", message


def is_valid(schema: Json, value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema | {"components": DOCUMENT["components"]}).is_valid(value)


def test_every_message_has_an_example_that_it_takes() -> None:
    wrong = [
        f"{name} {part}"
        for name, message in messages()
        for part in ("headers", "payload")
        for example in message["examples"]
        if not is_valid(message[part], example[part])
    ]
    assert wrong == []


@pytest.mark.parametrize("name", CATALOG)
def test_the_example_of_a_request_is_one_that_is_taken(name: str) -> None:
    (example,) = DOCUMENT["channels"][name]["messages"][name]["examples"]
    CATALOG[name].message.model_validate_json(json.dumps(example["payload"]))
    assert {"reply_to", "correlation_id", "expiration", "x-deadline", "x-actor", "traceparent"} <= example[
        "headers"
    ].keys()


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_its_envelope_with_data_inside(name: str) -> None:
    message = DOCUMENT["channels"][f"event.{name}"]["messages"][name]
    event, (example,) = json.loads((FOLDER / f"schemas/event.{name}.v1.json").read_text()), message["examples"]
    assert message["contentType"] == "application/cloudevents+json"
    assert event["properties"]["type"] == {"type": "string", "const": f"userbus.{name}.v1"}
    assert jsonschema_rs.Draft202012Validator(event).is_valid(example["payload"])
    assert not is_valid(message["payload"], example["payload"]["data"])
    EVENTS[name].model_validate(example["payload"]["data"])


def test_references_within_the_document_lead_somewhere() -> None:
    found = json.dumps(DOCUMENT).split('"$ref": "#/')[1:]
    for path in {ref.partition('"')[0] for ref in found}:
        part = DOCUMENT
        for key in path.split("/"):
            part = part[key]
    assert found
