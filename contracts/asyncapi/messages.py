"""The messages of the AsyncAPI document: payloads, AMQP properties and headers, one example each."""

from typing import Any

from contracts.asyncapi.examples import REQUESTS, example
from contracts.catalog import SUBJECT_HEADER

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
JSON = "application/json"
CLOUD_EVENT = "application/cloudevents+json"
CORRELATION: Json = {
    "description": "The reply has the correlation_id of its request.",
    "location": "$message.header#/correlation_id",
}
TEXT: Json = {"type": "string", "maxLength": 255}
TRACEPARENT: Json = TEXT | {"description": "Header: W3C trace context.", "examples": [f"00-{'4b' * 16}-{'0a' * 8}-01"]}
MESSAGE_ID = "Property: the idempotency key. The same id with the same body runs once, another body is refused."
DEADLINE = "Header: when the caller stops waiting, in milliseconds of Unix time; later the request is not begun."
EXPIRATION = "Property: how long the request may wait, in milliseconds; with `timestamp` it is the deadline."


def request_message(name: str, payload: Json, schemas: Json, *, is_command: bool) -> Json:
    """The message of a request; a command needs a message_id."""
    headers = {
        "message_id": _text(MESSAGE_ID, "6f1c7c2e5d0b4c399a3f2f1f0b6f4a51"),
        "type": _constant(name),
        "reply_to": _text("Property: the queue of the reply; without it there is no reply.", "my-service.replies"),
        "correlation_id": _text("Property: comes back with the reply.", "1"),
        "app_id": _text("Property: the sender.", "my-service"),
        "user_id": _text("Property: the sender's RabbitMQ user; RabbitMQ refuses another.", "my-service"),
        "expiration": _text(EXPIRATION, "5000"),
        "x-deadline": {"type": "integer", "description": DEADLINE, "examples": [1893456000000]},
        "x-actor": _text("Header: on whose behalf the request is sent.", "user:42"),
        "x-client-address": _text("Header: the network address of whoever it is sent for.", "203.0.113.7"),
        "traceparent": TRACEPARENT,
    }
    required = ["message_id"] if is_command else []
    message = _message(name, JSON, payload, headers, required, schemas) | {"correlationId": CORRELATION}
    message["examples"][0]["payload"] = REQUESTS.get(name) or message["examples"][0]["payload"]
    return message


def reply_message(name: str, data: Json, schemas: Json) -> Json:
    """The message of a reply that says `done`."""
    properties = {"status": _constant("done"), "data": data}
    return _reply(name, {"type": "object", "required": ["status", "data"], "properties": properties}, schemas)


def failed_message(payload: Json, schemas: Json) -> Json:
    """The message of a reply that says `failed`."""
    return _reply("failed", payload, schemas)


def event_message(name: str, data: Json, schemas: Json) -> Json:
    """The message of an event: a CloudEvents object."""
    headers = {
        "message_id": _text("Property: the `id` of the event, the same whenever it is sent.", EVENT_ID),
        "type": _constant(name),
        "app_id": _constant("userbus"),
        SUBJECT_HEADER: _text("Header: the `subject`, by which exchanges can hash.", "user/42"),
        "correlation_id": _text("Property: the correlation_id of the command.", "1"),
        "timestamp": {"type": "integer", "description": "Property: when it happened, Unix time in seconds."},
        "traceparent": TRACEPARENT,
    }
    return _message(name, CLOUD_EVENT, event_payload(name, data), headers, ["message_id", "type", "app_id"], schemas)


def event_payload(name: str, data: Json) -> Json:
    """The JSON Schema of an event as it is on the wire: CloudEvents 1.0, structured mode, with `data` inside."""
    properties: Json = {
        "specversion": _constant("1.0"),
        "id": TEXT | {"description": "The same whenever the event is sent.", "examples": [EVENT_ID]},
        "source": _constant("/userbus"),
        "type": _constant(f"userbus.{name}.v1"),
        "subject": {"type": "string", "description": "What the event is about.", "examples": ["user/42"]},
        "time": {"type": "string", "format": "date-time", "examples": ["2026-01-31T08:30:00.000Z"]},
        "dataschema": _constant(f"urn:userbus:schema:{name}.v1"),
        "datacontenttype": _constant(JSON),
        "sequence": {"type": "integer", "minimum": 1, "description": "Numbers the events of the subject: 1, 2, 3 …"},
        "causationid": _text("The message_id of the command.", "6f1c7c2e5d0b4c399a3f2f1f0b6f4a51"),
        "correlationid": _text("The correlation_id of the command.", "1"),
        "actor": _text("On whose behalf the command was sent.", "user:42"),
        "caller": _text("The RabbitMQ user that sent the command, if it said so.", "my-service"),
        "traceparent": TRACEPARENT | {"description": "The W3C trace context of the command."},
        "data": data,
    }
    optional = {"causationid", "correlationid", "actor", "caller", "traceparent"}
    required = [key for key in properties if key not in optional]
    title = "".join(
        word.capitalize() for word in name.replace(".", "_").split("_")
    )  # generators name their types by it
    return {"title": title, "type": "object", "properties": properties, "required": required}


EVENT_ID = "0d7a3c52-7f0e-4a55-9a43-0f7f5d7c1b11"


def _reply(name: str, payload: Json, schemas: Json) -> Json:
    headers = {
        "type": _constant("reply"),
        "correlation_id": _text("Property: the correlation_id of the request.", "1"),
    }
    return _message(f"{name}.reply", JSON, payload, headers, ["type"], schemas) | {"correlationId": CORRELATION}


def _message(name: str, media_type: str, payload: Json, headers: Json, required: list[str], schemas: Json) -> Json:
    headers_schema = {"type": "object", "properties": headers, "required": required}
    return {
        "name": name,
        "contentType": media_type,
        "headers": headers_schema,
        "payload": payload,
        "examples": [{"headers": example(headers_schema, schemas), "payload": example(payload, schemas)}],
        "bindings": {"amqp": {"messageType": headers["type"]["const"], "bindingVersion": "0.3.0"}},
    }


def _text(description: str, value: str) -> Json:
    return TEXT | {"description": description, "examples": [value]}


def _constant(value: str) -> Json:
    return {"type": "string", "const": value}
