"""Emitted events as CloudEvents 1.0 in structured mode."""

import json
import re
from functools import lru_cache
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
    event_id, name = str(uuid4()), emitted.name
    body = (
        f'{{"specversion":"1.0","id":"{event_id}","source":"/userbus","type":"userbus.{name}.v1",'
        f'"subject":{_json(_printable(emitted.subject))},"time":"{timestamp(now())}",'
        f'"dataschema":"urn:userbus:schema:{name}.v1","datacontenttype":"application/json",'
        f'"sequence":{emitted.sequence}{_origin(context)}{_DATA}{emitted.view.model_dump_json()}}}'
    )
    return OutboxEvent(event_id, name, emitted.subject, emitted.sequence, body)


@lru_cache(maxsize=16)  # an import has a thousand events of one command
def _origin(context: CommandContext) -> str:
    attributes = {
        "causationid": context.message_id,
        "correlationid": context.correlation_id,
        "actor": context.actor,
        "caller": context.caller,
        "traceparent": context.traceparent,
    }
    return "".join(f',"{name}":{_json(_printable(text))}' for name, text in attributes.items() if text)


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


def _json(text: str) -> str:
    return to_json(text).decode()


def _printable(text: str) -> str:
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text)
