"""Subscriptions on a real broker, with the events of a real worker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import aio_pika
import pytest

from client import Bus, Conflict, Event, connect
from client.sources import is_any_match
from contracts.accounts import AccountAction, ApplyAccounts
from contracts.integrations import CreateIntegration
from contracts.user_views import UserChanged, UserView
from contracts.users import CreateUser, UpdateUser
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stack import Stack


@pytest.fixture
async def bus(stack: Stack) -> AsyncIterator[Bus]:
    async with connect(stack.amqp_url, app_id="billing", timeout=PATIENCE) as bus:
        yield bus


def name() -> str:
    return f"u_{uuid4().hex[:12]}"


async def fail_at_the_first(events: AsyncIterator[Event]) -> None:
    async for event in events:
        raise ZeroDivisionError(event.id)


async def about(events: AsyncIterator[Event], subject: str, count: int) -> list[Event]:
    """The next `count` events about a subject."""
    found: list[Event] = []
    async for event in events:
        found += [event] if event.subject == subject else []
        if len(found) == count:
            break
    return found


async def test_an_event_is_typed_by_its_contract(bus: Bus) -> None:
    async with bus.events(name(), "user.*") as events:
        message_id, trace = str(uuid4()), f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"
        user = await bus.ask(CreateUser(username=name()), message_id=message_id, actor="user:1", traceparent=trace)
        await bus.ask(UpdateUser(id=user.id, name="Ada"))
        created, updated = await about(events, f"user/{user.id}", 2)
    assert (created.name, created.sequence, created.gap, created.late) == ("user.created", 1, 0, False)
    assert (created.causationid, created.actor, created.traceparent) == (message_id, "user:1", trace)
    assert created.correlationid
    assert created.time.tzinfo is not None
    assert created.offset is None
    assert created.raw["type"] == "userbus.user.created.v1"
    assert isinstance(created.data, UserView)
    assert created.data == user
    assert isinstance(updated.data, UserChanged)
    assert updated.data.changed == ["name"]


async def test_events_are_kept_while_nobody_reads_and_given_once(bus: Bus) -> None:
    consumer = name()
    async with bus.events(consumer, "user.created"):
        pass
    users = [await bus.ask(CreateUser(username=name())) for _ in range(3)]
    for user in users:
        async with bus.events(consumer, "user.created") as events:
            event = await anext(events)
        assert event.subject == f"user/{user.id}"


async def test_an_event_whose_loop_is_left_is_given_again(bus: Bus) -> None:
    consumer = name()
    events = bus.events(consumer, "user.created")
    async with events:
        user = await bus.ask(CreateUser(username=name()))
        with pytest.raises(ZeroDivisionError):
            await fail_at_the_first(events)
        async for event in events:  # the same subscription
            assert event.subject == f"user/{user.id}"
            break
        await events.close()
    async with bus.events(consumer, "user.created") as again:  # another process
        async for event in again:
            assert event.subject == f"user/{user.id}"
            break


async def test_events_of_other_names_show_as_a_gap(bus: Bus) -> None:
    integration = await bus.ask(CreateIntegration(name=name()))
    async with bus.events(name(), "user.*") as events:
        user = await bus.ask(CreateUser(username=name()))
        action = AccountAction(action="create", integration=integration.name, account="ou_1")
        await bus.ask(ApplyAccounts(user_id=user.id, actions=[action]))
        await bus.ask(UpdateUser(id=user.id, name="Ada"))
        created, updated = await about(events, f"user/{user.id}", 2)
    assert (created.gap, updated.sequence, updated.gap) == (0, 3, 1)


async def test_a_lost_connection_loses_and_repeats_nothing(stack: Stack, bus: Bus) -> None:
    seen: list[str] = []
    async with proxy(stack.amqp_url) as (link, url), connect(url, app_id="billing") as through:
        events = through.events(name(), "user.created")
        async with events:
            users = [await bus.ask(CreateUser(username=name())) for _ in range(6)]
            async for event in events:
                seen.append(event.subject)
                if len(seen) == 6:
                    break
                if len(seen) in (2, 4):  # while the program still works on this event
                    link.cut()
                    link.heal()
    assert seen == [f"user/{user.id}" for user in users]


async def test_one_process_of_a_name_reads_and_the_next_takes_over(stack: Stack, bus: Bus) -> None:
    consumer = name()
    async with (
        connect(stack.amqp_url, app_id="second") as other,
        other.events(consumer, "user.created") as second,
        bus.events(consumer, "user.created") as first,
    ):
        user = await bus.ask(CreateUser(username=name()))
        assert (await anext(second)).subject == f"user/{user.id}"
        await second.close()
        user = await bus.ask(CreateUser(username=name()))
        (event,) = await about(first, f"user/{user.id}", 1)
    assert isinstance(event.data, UserView)


async def test_a_queue_of_another_form_is_told(stack: Stack, bus: Bus) -> None:
    consumer = name()
    async with await aio_pika.connect(stack.amqp_url) as connection:
        await (await connection.channel()).declare_queue(f"{consumer}.events", durable=True)
    with pytest.raises(Conflict) as refused:
        async with bus.events(consumer):
            pass
    assert refused.value.code == "bus.queue_differs"


async def test_what_is_no_event_is_dropped(stack: Stack, bus: Bus) -> None:
    consumer = name()
    async with bus.events(consumer, "user.created") as events, await aio_pika.connect(stack.amqp_url) as connection:
        channel = await connection.channel()
        for body in (b"", b"\xff", b"[" * 100_000, b"{}", b'{"type": "userbus.user.created.v1"}'):
            await channel.default_exchange.publish(aio_pika.Message(body), f"{consumer}.events")
        user = await bus.ask(CreateUser(username=name()))
        assert (await anext(events)).subject == f"user/{user.id}"


async def test_the_log_is_read_from_an_offset_a_time_and_for_some_names(bus: Bus) -> None:
    async with bus.replay("next", "user.created") as new:
        began = datetime.now(UTC)
        users = [await bus.ask(CreateUser(username=name())) for _ in range(3)]
        group = await bus.ask(CreateUser(username=name(), usertype="group"))
        subjects = [f"user/{user.id}" for user in (*users, group)]
        live = [await anext(new) for _ in subjects]
    assert [event.subject for event in live] == subjects
    assert all(event.name == "user.created" for event in live)
    async with bus.replay(live[1].offset or 0, "user.created") as later:
        assert [await anext(later) for _ in subjects[1:]] == live[1:]
    async with bus.replay(began, "user.*") as since:
        assert [(await anext(since)).id for _ in subjects] == [event.id for event in live]
    async with bus.replay("first") as first:
        assert (await anext(first)).offset == 0


async def test_a_replay_goes_on_where_the_connection_was_lost(stack: Stack, bus: Bus) -> None:
    seen: list[Event] = []
    async with (
        proxy(stack.amqp_url) as (link, url),
        connect(url, app_id="billing") as through,
        through.replay("next", "user.created") as events,
    ):
        users = [await bus.ask(CreateUser(username=name())) for _ in range(4)]
        for _ in users:
            seen.append(await anext(events))
            link.cut()
            link.heal()
    assert [event.subject for event in seen] == [f"user/{user.id}" for user in users]


async def test_a_replay_of_new_events_misses_none_where_the_connection_is_lost_before_the_first(
    stack: Stack, bus: Bus
) -> None:
    async with (
        proxy(stack.amqp_url) as (link, url),
        connect(url, app_id="billing") as through,
        through.replay("next", "user.created") as events,
    ):
        link.cut()
        user = await bus.ask(CreateUser(username=name()))
        link.heal()
        (event,) = await asyncio.wait_for(about(events, f"user/{user.id}", 1), PATIENCE)
    assert event.sequence == 1


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("#", True), ("user.*", True), ("user.#", True), ("*.created", True), ("#.created", True), ("user.created", True),
     ("user", False), ("*", False), ("user.*.*", False), ("role.*", False), ("user.created.#", True)],
)  # fmt: skip
def test_a_pattern_matches_as_on_the_broker(pattern: str, matches: bool) -> None:
    assert is_any_match([pattern], "user.created") is matches


async def test_a_loop_ends_when_its_bus_is_closed(stack: Stack) -> None:
    async with connect(stack.amqp_url, app_id="billing") as bus:
        consumer = name()
        async with bus.events(consumer):
            pass
        events = bus.events(consumer, "user.erased")
        reading = asyncio.create_task(collect(events))
        await asyncio.sleep(0)
    assert await asyncio.wait_for(reading, PATIENCE) == []
    assert await collect(events) == []


async def collect(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]
