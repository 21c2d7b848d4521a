"""What handlers emit, as CloudEvents 1.0 in structured mode."""

import json
import re
from uuid import uuid4

from contracts.types import timestamp
from models.document import now
from models.journal import Caller, Outgoing
from models.unit import Emitted

CONTENT_TYPE = "application/cloudevents+json"
_UNTELLABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # CloudEvents 1.0, 2.1: no control characters in attributes


def outgoing(emitted: Emitted, caller: Caller) -> Outgoing:
    """The event's CloudEvents JSON with our extensions: sequence, correlationid, causationid, actor, traceparent."""
    event_id = str(uuid4())
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/userbus",
        "type": f"userbus.{emitted.name}.v1",
        "subject": _told(emitted.subject),
        "time": timestamp(now()),
        "dataschema": f"urn:userbus:schema:{emitted.name}.v1",
        "datacontenttype": "application/json",
        "sequence": emitted.sequence,
        "causationid": _told(caller.message_id),
        "correlationid": _told(caller.correlation_id),
        "actor": _told(caller.actor),
        "traceparent": _told(caller.traceparent),
    }
    head = json.dumps({name: value for name, value in attributes.items() if value is not None}, ensure_ascii=False)
    body = f'{head[:-1]}, "data": {emitted.view.model_dump_json()}}}'
    return Outgoing(event_id, emitted.name, emitted.subject, emitted.sequence, body)


def _told(text: str | None) -> str | None:
    return text and _UNTELLABLE.sub("\ufffd", text)
