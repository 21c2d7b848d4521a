"""The AsyncAPI 3.0 document of the bus, generated from the catalogue."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.asyncapi.messages import event_message, failed_message, reply_message, request_message
from contracts.catalog import CATALOG, COMMANDS_EXCHANGE, EVENTS, EVENTS_EXCHANGE
from contracts.entry import Entry
from contracts.reply import Failed

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
LICENSE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}


@cache  # it takes most of the time in which a bridge is made
def asyncapi() -> Json:
    """Return the AsyncAPI document: one operation per request, with its reply, and one per event.

    All callers in a process share it: leave it unchanged.
    """
    refs, definitions = models_json_schema([*dict.fromkeys(_shapes())], ref_template=REF)
    schemas = definitions.get("$defs", {})
    replies = {"failed": failed_message(refs[Failed, "serialization"], schemas)}
    channels: Json = {"replies": {"address": None, "description": _REPLIES, "messages": replies}}
    operations: Json = {}
    for name, entry in CATALOG.items():
        request = request_message(name, refs[entry.message, "validation"], schemas, is_command=entry.is_command)
        channels[name] = _channel(name, COMMANDS_EXCHANGE, request)
        replies[name] = reply_message(name, refs[entry.reply, "serialization"], schemas)
        operations[name] = _operation(entry)
    for name, view in EVENTS.items():
        key = f"event.{name}"
        channels[key] = _channel(name, EVENTS_EXCHANGE, event_message(name, refs[view, "serialization"], schemas))
        operations[key] = _event_operation(key, view)
    return {
        "asyncapi": "3.1.0",
        "info": {"title": "userbus", "version": "1.0.0", "description": _ABOUT, "license": LICENSE},
        "servers": {"amqp": _server("amqp", "5672"), "amqps": _server("amqps", "5671")},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas, "securitySchemes": {"user": {"type": "userPassword"}}},
    }


def _shapes() -> Iterator[tuple[type[BaseModel], Any]]:
    yield Failed, "serialization"
    for entry in CATALOG.values():
        yield entry.message, "validation"
        yield entry.reply, "serialization"
    for view in EVENTS.values():
        yield view, "serialization"


def _server(protocol: str, port: str) -> Json:
    return {
        "host": "{host}:{port}",
        "protocol": protocol,
        "protocolVersion": "0.9.1",
        "description": "RabbitMQ; `make up` prints the address of a broker for development.",
        "variables": {"host": {"default": "localhost"}, "port": {"default": port}},
        "security": [{"$ref": "#/components/securitySchemes/user"}],
    }


def _channel(name: str, exchange: str, message: Json) -> Json:
    declared = {"name": exchange, "type": "topic", "durable": True}
    bound = {"is": "routingKey", "exchange": declared, "bindingVersion": "0.3.0"}
    return {"address": name, "messages": {name: message}, "bindings": {"amqp": bound}}


def _operation(entry: Entry) -> Json:
    answers = [{"$ref": f"#/channels/replies/messages/{key}"} for key in (entry.name, "failed")]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{entry.name}"},
        "title": "command" if entry.is_command else "query",
        "summary": _summary(entry.message),
        "description": f"Served from the queue {entry.queue}.",
        "messages": [{"$ref": f"#/channels/{entry.name}/messages/{entry.name}"}],
        "reply": {
            "address": {"location": "$message.header#/reply_to", "description": "The queue that the caller names."},
            "channel": {"$ref": "#/channels/replies"},
            "messages": answers,
        },
    }


def _event_operation(key: str, view: type[BaseModel]) -> Json:
    return {"action": "send", "channel": {"$ref": f"#/channels/{key}"}, "title": "event", "summary": _summary(view)}


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]


_ABOUT = (
    "A request goes to userbus.commands with its name as routing key and `type`; a command carries a `message_id`, "
    "which makes a repeat harmless. The reply goes to `reply_to` with the `correlation_id` of the request: "
    '{"status":"done","data":…} or {"status":"failed","problem":…}. A description names the codes of the problems that '
    "are its own; any request can also fail with a code of `message.*`, `store.*` or `service.*`, and one that handles "
    "a password with `password.busy`. Events are CloudEvents 1.0 objects in structured mode. The headers of a message "
    "here are both AMQP properties and AMQP headers: a description says which."
)
_REPLIES = "The queue that `reply_to` of the request names, on the default exchange; direct reply-to works too."
