"""Requests through outages of the broker: sent again until the deadline, done once."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from client import Bus, Conflict, NotFound, TimedOut, Unavailable, connect
from contracts.imports import ImportUsers
from contracts.user_queries import GetUser
from contracts.users import CreateUser
from tests.support.client import Client
from tests.support.lost_replies import LostReplies
from tests.support.patience import PATIENCE
from tests.support.proxy import PART, Proxy, proxy
from tests.support.scripted_worker import wait_until
from tests.support.stack import Stack


@pytest.fixture
async def through(stack: Stack) -> AsyncIterator[tuple[Proxy, Bus]]:
    """A client behind a proxy that a test may cut."""
    async with proxy(stack.amqp_url) as (link, url), connect(url, app_id="billing", timeout=PATIENCE) as bus:
        yield link, bus


async def test_a_command_whose_reply_is_lost_is_done_once(stack: Stack, client: Client) -> None:
    username, message_id = f"u_{uuid4().hex[:12]}", str(uuid4())
    events = await client.events("user.created")
    async with proxy(stack.amqp_url) as (link, url):
        link.answers = lost = LostReplies()
        async with connect(url, app_id="billing", timeout=PATIENCE) as bus:
            asked = asyncio.create_task(bus.ask(CreateUser(username=username), message_id=message_id))
            await asyncio.wait_for(lost.swallowed.wait(), PATIENCE)
            link.cut()
            link.answers = bytes
            link.heal()
            user = await asked
            stored = await bus.ask(CreateUser(username=username), message_id=message_id)
    assert stored == user
    (event,) = await events.about(f"user/{user.id}", 1)
    assert (event["causationid"], event["sequence"]) == (message_id, 1)
    assert (await client.done("user.get", {"id": user.id}))["revision"] == 1


async def test_requests_wait_for_a_broker_that_comes_back(through: tuple[Proxy, Bus]) -> None:
    link, bus = through
    link.cut()
    asked = [asyncio.create_task(bus.ask(CreateUser(username=f"u_{uuid4().hex[:12]}"))) for _ in range(20)]
    told = asyncio.create_task(bus.publish(CreateUser(username=f"u_{uuid4().hex[:12]}"), message_id="m-" + uuid4().hex))
    await wait_until(lambda: bus.state != "up")
    link.heal()
    users = await asyncio.gather(*asked)
    assert len({user.id for user in users}) == 20
    assert (await told).startswith("m-")


async def test_commands_in_flight_at_many_outages_are_done_once_each(
    through: tuple[Proxy, Bus], client: Client
) -> None:
    link, bus = through
    events = await client.events("user.created")
    mark = f"u_{uuid4().hex[:8]}"
    asked = [asyncio.create_task(bus.ask(CreateUser(username=f"{mark}_{number}"))) for number in range(200)]
    for _ in range(8):
        await asyncio.wait(asked, timeout=0.7, return_when=asyncio.FIRST_EXCEPTION)
        link.cut()
        link.heal()
    users = await asyncio.gather(*asked)
    assert {user.username for user in users} == {f"{mark}_{number}" for number in range(200)}
    created = [await events.next() for _ in users]
    assert {event["subject"] for event in created} == {f"user/{user.id}" for user in users}
    assert len({event["causationid"] for event in created}) == 200


async def test_an_outage_that_lasts_is_told_at_the_deadline(through: tuple[Proxy, Bus]) -> None:
    link, bus = through
    link.cut()
    await wait_until(lambda: bus.state != "up")
    with pytest.raises(Unavailable) as outage:
        await bus.ask(GetUser(id=1), timeout=0.5)
    assert outage.value.code == "bus.disconnected"
    with pytest.raises(Unavailable):
        await bus.publish(CreateUser(username="nobody"), timeout=0.5)


async def test_a_published_command_is_carried_out(stack: Stack, client: Client) -> None:
    events = await client.events("user.created", "command.refused")
    username = f"u_{uuid4().hex[:12]}"
    async with connect(stack.amqp_url, app_id="billing", timeout=PATIENCE) as bus:
        message_id = await bus.publish(CreateUser(username=username), actor="user:7")
        event = await events.next()
        assert (event["causationid"], event["actor"]) == (message_id, "user:7")
        refused = await bus.publish(CreateUser(username=username))
        (event,) = await events.about(f"command/{refused}", 1)
        assert event["data"]["problem"]["code"] == "user.username_taken"
        with pytest.raises(Conflict):
            await bus.ask(CreateUser(username=username))


async def test_a_refusal_is_not_tried_again(stack: Stack) -> None:
    async with connect(stack.amqp_url, app_id="billing", timeout=PATIENCE) as bus:
        with pytest.raises(NotFound) as refused:
            await bus.ask(GetUser(username=f"nobody_{uuid4().hex}"))
    assert refused.value.code == "user.not_found"


async def test_silence_ends_at_the_deadline(through: tuple[Proxy, Bus]) -> None:
    link, bus = through
    link.hold(lambda _: True)
    with pytest.raises(TimedOut) as silence:
        await bus.ask(GetUser(id=1), timeout=0.3)
    assert silence.value.code == "bus.timed_out"
    with pytest.raises(TimedOut):
        await bus.publish(CreateUser(username=f"u_{uuid4().hex[:12]}"), timeout=0.3)  # it may arrive
    link.heal()


@pytest.mark.parametrize("seconds", [0, -1, -0.001])
async def test_a_deadline_that_has_passed_is_told_and_nothing_is_sent(stack: Stack, seconds: float) -> None:
    command = CreateUser(username=f"u_{uuid4().hex[:12]}")
    async with connect(stack.amqp_url, app_id="billing", timeout=PATIENCE, retry=False) as bus:
        for send in (bus.ask, bus.publish):
            with pytest.raises(TimedOut) as late:
                await send(command, timeout=seconds)
            assert late.value.code == "bus.timed_out"
        for _ in range(2):  # the broker ends the connection's channel for an expiration that it does not take
            with pytest.raises(NotFound):
                await bus.ask(GetUser(username=command.username))


async def test_a_deadline_further_away_than_the_broker_counts_is_kept(stack: Stack) -> None:
    async with connect(stack.amqp_url, app_id="billing") as bus:
        with pytest.raises(NotFound):
            await bus.ask(GetUser(username=f"nobody_{uuid4().hex}"), timeout=1e9)


async def test_a_bus_that_is_closed_says_so_at_once(through: tuple[Proxy, Bus], stack: Stack) -> None:
    link, bus = through
    link.cut()
    asked = asyncio.create_task(bus.ask(GetUser(id=1)))
    await asyncio.sleep(0)
    await bus.__aexit__()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(asked, PATIENCE)
    with pytest.raises(Unavailable, match="closed"):
        await connect(stack.amqp_url, app_id="billing").ask(GetUser(id=1))


async def test_requests_that_the_broker_does_not_read_hear_when_it_is_lost(through: tuple[Proxy, Bus]) -> None:
    link, bus = through
    link.hold(lambda _: True)
    long = ImportUsers(users=[{"username": "u" * 255} for _ in range(1000)])
    asked = [asyncio.create_task(bus.ask(long, retry=False)) for _ in range(50)]
    await link.keeps(PART)
    link.cut()
    outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), PATIENCE / 2)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
