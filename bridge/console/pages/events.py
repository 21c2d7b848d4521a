"""Events as they come."""

from functools import partial

from starlette.responses import Response

from bridge.console.event_tail import EventTail
from bridge.console.page import ConsolePage, PageRequest, show

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
    """Show the latest events whose name and subject begin with what is asked for, the latest first."""
    name, subject = request.query.get("name", ""), request.query.get("subject", "")
    found = [event for event in tail.look() if event.name.startswith(name) and event.subject.startswith(subject)]
    return request.render(template, events=found[:SHOWN], fault=tail.fault)
