"""Emitted events as CloudEvents 1.0 in structured mode."""

import json
import re
from typing import Any
from uuid import uuid4

from pydantic_core import from_json, to_json

from contracts.catalog import EVENTS
from contracts.personal import blank_personal
from contracts.types import timestamp
from models.store.document import now
from models.store.journal import CommandContext, OutboxEvent
from models.unit_of_work import Emitted

CONTENT_TYPE = "application/cloudevents+json"
_DATA = ', "data": '  # no attribute can hold this: quotes in texts are escaped
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # CloudEvents 1.0, 2.1: no control characters in attributes


def cloud_event(emitted: Emitted, context: CommandContext) -> OutboxEvent:
    """The event with its CloudEvents JSON; extensions: sequence, ids of the command, actor, caller, traceparent."""
    event_id = str(uuid4())
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/userbus",
        "type": f"userbus.{emitted.name}.v1",
        "subject": _printable(emitted.subject),
        "time": timestamp(now()),
        "dataschema": f"urn:userbus:schema:{emitted.name}.v1",
        "datacontenttype": "application/json",
        "sequence": emitted.sequence,
        "causationid": _printable(context.message_id),
        "correlationid": _printable(context.correlation_id),
        "actor": _printable(context.actor),
        "caller": _printable(context.caller),
        "traceparent": _printable(context.traceparent),
    }
    head = to_json({name: value for name, value in attributes.items() if value not in (None, "")}).decode()
    body = f"{head[:-1]}{_DATA}{emitted.view.model_dump_json()}}}"
    return OutboxEvent(event_id, emitted.name, emitted.subject, emitted.sequence, body)


def event_attributes(body: str) -> dict[str, Any]:
    """Return the attributes of an event that `cloud_event` has made, without parsing its data."""
    head, separator, _ = body.partition(_DATA)
    attributes: dict[str, Any] = from_json(f"{head}}}" if separator else head)
    return attributes


def plain_event(name: str, body: str) -> str:
    """Return an event that `cloud_event` has made, without personal data; all data of an unknown name may be such."""
    event = json.loads(body)
    data = blank_personal(EVENTS[name], event["data"]) if name in EVENTS else {}
    return json.dumps(event | {"data": data}, ensure_ascii=False)


def _printable(text: str | None) -> str | None:
    return text if not text or text.isprintable() else _CONTROL.sub("\ufffd", text)
