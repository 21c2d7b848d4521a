"""A worker that dies of users with a certain name: `python -m tests.faults.deadly`."""

import os

from contracts.users import CreateUser, UserView
from handlers import catalog
from handlers.__main__ import main
from handlers.users import create_user
from models.unit import Unit

DEADLY = "deadly_"
STATUS = 7


async def create_or_die(command: CreateUser, unit: Unit) -> UserView:
    if command.username and command.username.startswith(DEADLY):
        os._exit(STATUS)
    return await create_user(command, unit)


if __name__ == "__main__":
    catalog.HANDLERS = {**catalog.HANDLERS, "user.create": create_or_die}
    main()
