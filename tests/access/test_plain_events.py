"""Events for services that need no personal data."""

import asyncio
from uuid import uuid4

from client import Event, connect, connect_sync
from contracts.user_views import UserView
from contracts.users import CreateUser
from tests.support.patience import PATIENCE


async def test_a_plain_consumer_hears_of_users_without_what_tells_who_they_are(urls: dict[str, str]) -> None:
    secret = uuid4().hex
    person = CreateUser(username=f"user_{secret}", email=f"{secret}@example.com", name=secret, mobile="18888888888")
    async with (
        connect(urls["statistics"], app_id="statistics") as statistics,
        connect(urls["billing"], app_id="billing") as billing,
        statistics.events("statistics", "user.*", plain=True) as plain,
        billing.events("billing", "user.*") as whole,
    ):
        user = await billing.ask(person)
        async for event in plain:
            if event.subject == f"user/{user.id}":
                break
        async for same in whole:
            if same.subject == f"user/{user.id}":
                break
    assert same.raw["data"]["email"] == person.email
    assert (event.id, event.name, event.sequence) == (same.id, "user.created", 1)
    assert isinstance(event.data, UserView)
    assert (event.data.id, event.data.email, event.data.username) == (user.id, None, None)
    assert secret not in str(event.raw)


async def test_so_does_one_without_asyncio(urls: dict[str, str]) -> None:
    def read() -> list[Event]:
        with connect_sync(urls["statistics"], app_id="statistics", timeout=PATIENCE) as bus:
            events = bus.events("statistics.script", "user.created", plain=True, prefetch=1)
            asyncio.run_coroutine_threadsafe(create_users(urls["billing"]), loop)
            return [next(events) for _ in range(2)]

    loop = asyncio.get_running_loop()
    given = await asyncio.wait_for(asyncio.to_thread(read), PATIENCE)
    assert [event.raw["data"]["username"] for event in given] == [None, None]


async def create_users(url: str) -> None:
    async with connect(url, app_id="billing", timeout=PATIENCE) as bus:
        for _ in range(2):
            await bus.ask(CreateUser(username=f"user_{uuid4().hex}"))
