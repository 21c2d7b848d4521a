"""A worker that dies of creating users with a certain name: `python -m tests.support.faults.poison`."""

import os

from contracts.user_views import UserView
from contracts.users import CreateUser
from handlers.registry import HANDLERS
from handlers.users import create_user
from models.unit_of_work import UnitOfWork
from worker.__main__ import main

POISON = "poison_"
STATUS = 7


async def create_or_die(command: CreateUser, unit: UnitOfWork) -> UserView:
    if command.username and command.username.startswith(POISON):
        os._exit(STATUS)
    return await create_user(command, unit)


if __name__ == "__main__":
    main({**HANDLERS, "user.create": create_or_die})
