"""The generated documents of the bus: AsyncAPI 3.0, a JSON Schema a message, the list of problem codes.

`python -m handlers.documents [FOLDER]` writes them, into docs/bus unless told otherwise.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.catalog import CATALOG, COMMANDS_EXCHANGE, EVENTS, EVENTS_EXCHANGE, Entry, queue
from contracts.reply import Failed
from handlers.problems import known

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
FOLDER = Path(__file__).parents[1] / "docs" / "bus"


def documents() -> Iterator[tuple[str, str]]:
    """Every document's path below the folder and its text."""
    yield "asyncapi.json", _text(asyncapi())
    yield "problems.md", problems()
    for name, entry in CATALOG.items():
        yield f"schemas/{name}.json", _text(_schema(entry.message, name))
        yield f"schemas/{name}.reply.json", _text(_schema(entry.reply, f"{name}.reply", mode="serialization"))
    for name, view in EVENTS.items():
        yield f"schemas/event.{name}.v1.json", _text(_schema(view, f"{name}.v1", mode="serialization"))


def asyncapi() -> Json:
    """The AsyncAPI document: an operation a request with its reply, and one an event."""
    refs, schemas = models_json_schema([*dict.fromkeys(_shapes())], ref_template=REF)
    about = {"title": "userbus", "version": "1.0.0", "description": _ABOUT}
    failed = {"failed": _message("failed", refs[Failed, "serialization"])}
    channels: Json = {"replies": {"address": None, "messages": failed}}
    operations: Json = {}
    for name, entry in CATALOG.items():
        channels[name] = _channel(name, COMMANDS_EXCHANGE, refs[entry.message, "validation"])
        channels["replies"]["messages"][name] = _message(f"{name}.reply", _done(refs[entry.reply, "serialization"]))
        operations[name] = _served(entry)
    for name, view in EVENTS.items():
        key = f"event.{name}"
        channels[key] = _channel(name, EVENTS_EXCHANGE, refs[view, "serialization"])
        operations[key] = {"action": "send", "channel": {"$ref": f"#/channels/{key}"}}
    return {
        "asyncapi": "3.0.0",
        "info": about,
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas.get("$defs", {})},
    }


def problems() -> str:
    """The table of problem codes."""
    rows = [f"| `{code}` | {kind} | {text} |" for code, (kind, text) in sorted(known().items())]
    head = ["# Problem codes", "", "| code | kind | what happened |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _shapes() -> Iterator[tuple[type[BaseModel], Any]]:
    yield Failed, "serialization"
    for entry in CATALOG.values():
        yield entry.message, "validation"
        yield entry.reply, "serialization"
    for view in EVENTS.values():
        yield view, "serialization"


def _channel(name: str, exchange: str, schema: Json) -> Json:
    bound = {"is": "routingKey", "exchange": {"name": exchange, "type": "topic", "durable": True}}
    return {"address": name, "messages": {name: _message(name, schema)}, "bindings": {"amqp": bound}}


def _message(name: str, schema: Json) -> Json:
    return {"name": name, "payload": schema}


def _done(data: Json) -> Json:
    return {"type": "object", "required": ["status", "data"], "properties": {"status": {"const": "done"}, "data": data}}


def _served(entry: Entry) -> Json:
    answers = [{"$ref": f"#/channels/replies/messages/{key}"} for key in (entry.name, "failed")]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{entry.name}"},
        "title": "command" if entry.is_command else "query",
        "summary": (entry.message.__doc__ or "").strip().split("\n")[0],
        "description": f"Served from the queue {queue(entry.family)}.",
        "reply": {"channel": {"$ref": "#/channels/replies"}, "messages": answers},
    }


def _schema(model: type[BaseModel], name: str, mode: Any = "validation") -> Json:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:userbus:schema:{name}"} | (
        model.model_json_schema(mode=mode)
    )


def _text(document: Json) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=False) + "\n"


_ABOUT = (
    "A request goes to userbus.commands with its name as routing key and `type`; a command carries a `message_id`, "
    "which makes a repeat harmless. The reply goes to `reply_to` with the `correlation_id` of the request: "
    '{"status":"done","data":…} or {"status":"failed","problem":…}. Events are CloudEvents 1.0 objects whose `data` '
    "is what the channel shows."
)


def main() -> None:
    """Write all documents."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for path, text in documents():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


if __name__ == "__main__":
    main()
