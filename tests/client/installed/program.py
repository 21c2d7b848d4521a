"""What another team writes, run where the wheel is installed and nothing of this repository can be seen."""

import asyncio
import sys
from uuid import uuid4

import userbus
from userbus.contracts.user_queries import GetUser
from userbus.contracts.user_views import UserChanged, UserView
from userbus.contracts.users import CreateUser, UpdateUser


async def main(url: str) -> None:
    """Ask, publish, hear of both."""
    async with userbus.connect(url, app_id="billing", timeout=60) as bus:
        async with bus.events(f"billing_{uuid4().hex[:8]}", "user.*") as events:
            user = await bus.ask(CreateUser(username=f"u_{uuid4().hex[:12]}"))
            message_id = await bus.publish(UpdateUser(id=user.id, name="Ada"))
            async for event in events:
                if event.causationid == message_id:
                    break
        found: UserView = await bus.ask(GetUser(id=user.id))
        assert isinstance(event.data, UserChanged), event
        assert event.data.changed == ["name"], event
        assert found.name == "Ada", found
        try:
            await bus.ask(GetUser(username=f"nobody_{uuid4().hex}"))
        except userbus.NotFound as error:
            print(error.code)


asyncio.run(main(sys.argv[1]))
with userbus.connect_sync(sys.argv[1], app_id="billing", timeout=60) as sync:
    print(sync.ask(CreateUser(username=f"u_{uuid4().hex[:12]}")).status)
