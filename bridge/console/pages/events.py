"""Events as they come."""

from functools import partial

from starlette.responses import Response

from bridge.console.event_tail import EventTail
from bridge.console.page import ConsolePage, PageRequest, show
from client.event import Event

SHOWN = 100


def page(amqp_url: str) -> ConsolePage:
    """The page; everybody who looks shares one reader of the log, of the broker at `amqp_url`."""
    tail = EventTail(amqp_url)
    return ConsolePage(
        "Events",
        (
            show("/events", partial(show_events, tail, "events.html")),
            show("/events/live", partial(show_events, tail, "events_live.html")),
        ),
    )


async def show_events(tail: EventTail, template: str, request: PageRequest) -> Response:
    """Show the latest events whose name begins with what is asked for, about that subject, the latest first."""
    name, subject = request.query.get("name", ""), request.query.get("subject", "")
    found = [event for event in tail.look() if event.name.startswith(name) and _is_about(event, subject)]
    return request.render(template, events=found[:SHOWN], fault=tail.fault)


def _is_about(event: Event, subject: str) -> bool:
    """Whether this is the subject, as `user/42`, or of its kind, as `user/`."""
    return event.subject == subject or (not subject[-1:].isdecimal() and event.subject.startswith(subject))
