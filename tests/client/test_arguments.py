"""What subscriptions are refused at once, on a real broker, which would never take it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import pytest

from client import Bus, Invalid, connect, connect_sync
from client.options import Options
from contracts.users import DeleteUser
from tests.support.patience import PATIENCE
from tests.support.stack import Stack


@pytest.fixture
async def bus(stack: Stack) -> AsyncIterator[Bus]:
    async with connect(stack.amqp_url, app_id="billing", timeout=PATIENCE) as bus:
        yield bus


@pytest.mark.parametrize(
    "url",
    ["", "rabbitmq", "rabbitmq:5672", "http://rabbitmq", "amqp://", "amqp:///vhost", "amqp://rabbitmq:port",
     "amqps://rabbitmq:99999", "amqp://[::1", "amqp://one, http://two", "http://billing:secret@rabbitmq"],
)  # fmt: skip
def test_what_is_no_url_of_a_broker_is_refused_before_anything_is_opened(url: str) -> None:
    for connects in (connect, connect_sync, Bus):
        with pytest.raises(ValueError, match="not an AMQP URL: write amqp://") as refused:
            connects(url, app_id="billing")
        assert "secret" not in str(refused.value)


async def test_names_and_times_that_cannot_be_are_refused_at_once(bus: Bus) -> None:
    for bad in ("", "userbus", "userbus.events"):
        with pytest.raises(ValueError, match="name the consumer"):
            bus.events(bad)
    with pytest.raises(ValueError, match="time zone"):
        bus.replay(datetime(2026, 1, 1))
    for place in (-1, 2**63, "2h", ""):
        with pytest.raises(ValueError, match="no place in the log"):
            bus.replay(cast(int, place))


async def test_what_the_broker_could_never_be_told_is_refused_at_once(bus: Bus) -> None:
    longest = "c" * 248  # and `.events`
    for consumer, pattern, partitions in ((longest + "c", "#", 1), ("c" * 113, "#", 2), ("billing", "é" * 128, 1)):
        with pytest.raises(ValueError, match=r"too long: RabbitMQ takes (255|127) bytes"):
            bus.events(consumer, pattern, partitions=partitions)
    for prefetch in (-1, 65_536):
        with pytest.raises(ValueError, match=r"take [01] to 65535"):
            bus.events("billing", prefetch=prefetch)
        with pytest.raises(ValueError, match=r"take [01] to 65535"):
            bus.replay(prefetch=prefetch)
    with pytest.raises(ValueError, match="take 1 to 65535"):
        bus.replay(prefetch=0)
    for odd in ("rechnungsprüfung", "billing\n", "a*"):
        with pytest.raises(ValueError, match="name the consumer without"):
            bus.events(odd)
    for consumer in (f"{uuid4().hex} -_.:@#,/+", uuid4().hex.ljust(248, "c")):
        async with bus.events(consumer, "é" * 127, prefetch=65_535):
            pass


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ({"message_id": "é" * 128}, "message_id"),
        ({"message_id": "\ud800"}, "message_id"),
        ({"actor": "user:\udfff"}, "actor"),
        ({"tracestate": "a" * 100_001}, "tracestate"),
        ({"actor": "a" * 60_000, "tracestate": "a" * 60_000}, "tracestate"),
    ],
)
async def test_an_option_that_no_message_can_carry_is_refused_like_a_field(
    bus: Bus, option: Options, field: str
) -> None:
    for send in (bus.ask, bus.publish):
        with pytest.raises(Invalid) as refused:
            await send(DeleteUser(id=2**50), **option)
        assert (refused.value.code, [each["field"] for each in refused.value.details]) == ("message.invalid", [field])
    longest: Options = {"message_id": uuid4().hex.ljust(255, "i"), "actor": "a" * 100_000}
    assert (await bus.ask(DeleteUser(id=2**50), **longest)).deleted == 0


async def test_a_time_before_all_others_is_the_first(bus: Bus) -> None:
    for start in (datetime.min.replace(tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)):
        async with bus.replay(start) as events:
            assert (await asyncio.wait_for(anext(events), PATIENCE)).offset == 0
