"""An event as a consumer sees it: the CloudEvents attributes as fields, its data as the contract's view."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.base import View
from contracts.catalog import EVENTS


class _CloudEvent(BaseModel):
    """The attributes that this client reads (CloudEvents 1.0, structured mode)."""

    model_config = ConfigDict(extra="ignore")

    id: str
    type: Annotated[str, Field(pattern=r"^userbus\..+\.v[0-9]+$")]
    subject: str
    sequence: int
    time: datetime
    data: dict[str, Any]
    actor: str | None = None
    causationid: str | None = None
    correlationid: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    - `id`: the same on every delivery of the event; a subscription gives each id once.
    - `name`: such as `user.created`; `data`: the view of that name in `contracts.catalog.EVENTS`, or an empty view
      where this version does not know the name or the data; `raw`: the whole CloudEvents object.
    - `subject`: what it is about, such as `user/42`; `sequence`: the subject's events counted from 1.
    - `gap`: how many events of the subject lie between this one and the latest that the subscription has given; they
      have other names than those subscribed to, or are lost. `late`: a later event of the subject was given before.
    - `actor`: on whose behalf; `causationid`: the message_id of the command; `correlationid` and `traceparent`: what
      its sender gave. None where absent.
    - `offset`: the place in the log of events; None unless replayed.
    """

    id: str
    name: str
    subject: str
    sequence: int
    time: datetime
    data: View
    actor: str | None
    causationid: str | None
    correlationid: str | None
    traceparent: str | None
    raw: dict[str, Any]
    gap: int = 0
    late: bool = False
    offset: int | None = None


def read_event(raw: Any, offset: int | None = None) -> Event:
    """Turn a CloudEvents object into an event; raises ValidationError for anything else."""
    attributes = _CloudEvent.model_validate(raw)
    name = attributes.type.removeprefix("userbus.").rpartition(".")[0]
    fields = attributes.model_dump(exclude={"type", "data"})
    return Event(**fields, name=name, data=_view(name, attributes.data), raw=raw, offset=offset)


def _view(name: str, data: dict[str, Any]) -> View:
    try:
        return EVENTS.get(name, View).model_validate(data)
    except ValidationError:
        return View()
