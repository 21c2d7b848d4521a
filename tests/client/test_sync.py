"""The client for programs without asyncio; the tests block a thread, not the servers' loop."""

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from client import Event, NotFound, SyncBus, Unavailable, connect_sync
from contracts.user_queries import GetUser
from contracts.user_views import UserView
from contracts.users import CreateUser
from devstack.ports import free_port
from tests.support.patience import PATIENCE
from tests.support.stack import Stack


def work(url: str) -> list[str]:
    """Ask, publish, read events and the log, leave loops in the middle."""
    consumer, username = f"c_{uuid4().hex[:12]}", f"u_{uuid4().hex[:12]}"
    with connect_sync(url, app_id="script", timeout=PATIENCE) as bus:
        log = bus.replay("next", "user.created")
        user: UserView = bus.ask(CreateUser(username=username))
        with pytest.raises(NotFound):
            bus.ask(GetUser(username=f"nobody_{uuid4().hex}"))
        assert bus.ask(GetUser(id=user.id)) == user
        events, seen = bus.events(consumer, "user.created"), []
        bus.publish(CreateUser(username=f"{username}_2"))
        for event in events:
            seen.append(event.subject)
            if len(seen) == 2:
                break
            bus.publish(CreateUser(username=f"{username}_3"))
        assert f"user/{user.id}" == next(log).subject
        log.close()
        later = bus.events(consumer)
    assert list(later) == []
    return seen


async def test_everything_works_without_asyncio(stack: Stack) -> None:
    seen = await asyncio.wait_for(asyncio.to_thread(work, stack.amqp_url), PATIENCE)
    assert len(set(seen)) == 2


async def in_a_thread(work: Callable[[str], Any], url: str) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(work, url), PATIENCE)


def is_given_the_next(bus: SyncBus, consumer: str) -> bool:
    events = bus.events(consumer, "user.created")
    user = bus.ask(CreateUser(username=f"u_{uuid4().hex[:12]}"))
    return next(events).subject == f"user/{user.id}"


async def test_events_that_are_left_before_the_first_one_go_to_the_next_reader(stack: Stack) -> None:
    def work(url: str) -> bool:
        consumer = f"c_{uuid4().hex[:12]}"
        with connect_sync(url, app_id="script", timeout=PATIENCE) as bus:
            bus.events(consumer, "user.created").close()
            bus.events(consumer, "user.created")
            return is_given_the_next(bus, consumer)

    assert await in_a_thread(work, stack.amqp_url)


async def test_events_that_are_garbage_in_the_thread_of_the_loop_do_not_stop_it(stack: Stack) -> None:
    def work(url: str) -> bool:
        consumer = f"c_{uuid4().hex[:12]}"
        with connect_sync(url, app_id="script", timeout=PATIENCE) as bus:
            events = bus.events(consumer, "user.created")
            bus.ask(CreateUser(username=f"u_{uuid4().hex[:12]}"))
            next(events)
            circle: list[Any] = [events]
            circle.append(circle)
            del events, circle
            bus._loop.call_soon_threadsafe(gc.collect)
            return is_given_the_next(bus, f"c_{uuid4().hex[:12]}")

    assert await in_a_thread(work, stack.amqp_url)


async def test_outside_of_its_block_it_is_closed(stack: Stack) -> None:
    def work(url: str) -> list[str]:
        bus = connect_sync(url, app_id="script", timeout=PATIENCE)
        told = []
        for _ in range(2):
            with pytest.raises(Unavailable) as refused:
                bus.ask(GetUser(id=1))
            told.append(refused.value.message)
            if len(told) == 1:
                with bus:
                    pass
        return told

    assert set(await in_a_thread(work, stack.amqp_url)) == {"closed: use the bus inside its `with` block"}


async def test_who_still_asks_when_it_is_closed_is_told_so() -> None:
    def work(url: str) -> BaseException | None:
        with ThreadPoolExecutor() as threads:
            with connect_sync(url, app_id="script", timeout=2 * PATIENCE) as bus:
                before = len(asyncio.all_tasks(bus._loop))
                asked = threads.submit(bus.ask, GetUser(id=1))
                while len(asyncio.all_tasks(bus._loop)) == before:
                    pass
            return asked.exception(PATIENCE)

    closed = await in_a_thread(work, f"amqp://guest:guest@127.0.0.1:{free_port()}")
    assert isinstance(closed, Unavailable)


async def test_events_end_while_it_closes(stack: Stack) -> None:
    def work(url: str) -> list[Event]:
        bus, held = connect_sync(url, app_id="script", timeout=PATIENCE).__enter__(), threading.Event()
        events, close = bus.events(f"c_{uuid4().hex[:12]}", "user.created"), bus._close

        async def close_slowly() -> None:
            await asyncio.to_thread(held.wait)
            await close()

        vars(bus)["_close"] = close_slowly
        with ThreadPoolExecutor(1) as threads:
            closing = threads.submit(bus.__exit__)
            while not bus._is_closing:
                time.sleep(0.01)  # nothing tells that it has begun to close
            try:
                return list(events)
            finally:
                held.set()
                closing.result()

    assert await in_a_thread(work, stack.amqp_url) == []
