"""Messages from a real broker against the AsyncAPI document, by validators that are compiled once."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from aio_pika.abc import AbstractIncomingMessage

from contracts.asyncapi.document import asyncapi

Json = dict[str, Any]
DOCUMENT = "urn:asyncapi"
MADE_UP = "test."  # begins the names of events that tests make up, or the app_id of who sends what is none
ROWS = frozenset({"user.import", "user.check_import"})  # carried out though rows are unfit


def event_fault(message: AbstractIncomingMessage, body: Any) -> str | None:
    """How an event differs from its message in the document; None if it does not."""
    name = message.routing_key or ""
    if name.startswith(MADE_UP) or (message.app_id or "").startswith(MADE_UP):
        return None
    return _message_fault(f"event.{name}", name, message, body)


def reply_fault(request: str, message: AbstractIncomingMessage, body: Json) -> str | None:
    """How the reply to a request differs from the document."""
    is_done = body.get("status") == "done" and request in _messages("replies")
    return _message_fault("replies", request if is_done else "failed", message, body)


def request_fault(name: str, body: Any) -> str | None:
    """How the body of a request that was carried out differs from the document."""
    return None if name in ROWS else _fault(name, name, "payload", body)


def _message_fault(channel: str, name: str, message: AbstractIncomingMessage, body: Any) -> str | None:
    if name not in _messages(channel):
        return f"{channel} {name}: is not in the document"
    documented = _messages(channel)[name]["contentType"]
    if message.content_type != documented:
        return f"{channel} {name}: content_type {message.content_type} instead of {documented}"
    return _fault(channel, name, "headers", _headers(message)) or _fault(channel, name, "payload", body)


def _headers(message: AbstractIncomingMessage) -> Json:
    names = ("message_id", "type", "app_id", "correlation_id", "reply_to")
    properties = {name: getattr(message, name) for name in names if getattr(message, name) is not None}
    return properties | {name: value for name, value in message.headers.items() if isinstance(value, str | int)}


def _fault(channel: str, name: str, part: str, value: Any) -> str | None:
    error = next(_validator(channel, name, part).iter_errors(value), None)
    return error and f"{channel} {name}: {part} {error.instance_path}: {error.message}"


def _messages(channel: str) -> Mapping[str, Json]:
    found: Mapping[str, Json] = asyncapi()["channels"].get(channel, {}).get("messages", {})
    return found


@cache
def _validator(channel: str, name: str, part: str) -> Any:
    place = f"{DOCUMENT}#/channels/{channel}/messages/{name}/{part}"
    return jsonschema_rs.Draft202012Validator({"$ref": place}, registry=_registry())


@cache
def _registry() -> jsonschema_rs.Registry:
    """The document, read once: else each validator would read all of its components."""
    return jsonschema_rs.Registry([(DOCUMENT, asyncapi())])
