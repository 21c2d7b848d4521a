"""The client for programs without asyncio; the tests block a thread, not the servers' loop."""

import asyncio
from uuid import uuid4

import pytest

from client import NotFound, connect_sync
from contracts.user_queries import GetUser
from contracts.user_views import UserView
from contracts.users import CreateUser
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
