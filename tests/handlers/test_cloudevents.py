"""What surrounds an event, whatever its caller sent."""

import json

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import BaseModel

from handlers.cloudevents import cloud_event
from models.store.journal import CommandContext
from models.unit_of_work import Emitted


class Nothing(BaseModel):
    pass


def test_control_characters_of_a_caller_do_not_spoil_the_attributes() -> None:
    odd = "a\n\x00b\x7f\x85ü"
    context = CommandContext("user.create", odd, "digest", actor=odd, correlation_id=odd, traceparent=odd)
    event = cloud_event(Emitted("command.refused", f"command/{odd}", 1, Nothing()), context)
    told = JSONFormat().read(CloudEvent, event.body)
    clean = "a\ufffd\ufffdb\ufffd\ufffdü"
    names = ("actor", "correlationid", "causationid", "traceparent")
    assert {told.get_extension(name) for name in names} == {clean}
    assert told.get_subject() == f"command/{clean}"


def test_what_the_caller_did_not_send_is_left_out() -> None:
    event = cloud_event(Emitted("user.erased", "user/1", 1, Nothing()), CommandContext("user.delete", "m", "digest"))
    assert not json.loads(event.body).keys() & {"actor", "correlationid", "traceparent"}
