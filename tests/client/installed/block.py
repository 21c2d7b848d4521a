"""Runs a program of the documents, from standard input, where the wheel is installed: `block.py AMQP_URL`.

What a page leaves to its reader has a name here; what can be imported, it imports. A program ends with its first line
of output or its first call of `send_bill_to`, since loops over events are endless. Prints `ran` at the end.
"""

import ast
import asyncio
import os
import sys
from contextlib import suppress
from inspect import isawaitable
from types import CodeType
from typing import Any
from uuid import uuid4

import userbus
from userbus.contracts.roles import CreateRole
from userbus.contracts.users import CreateUser, UpdateUser


class Ended(Exception):
    """The program has done what it is there for."""


def end(*_: object) -> None:
    raise Ended


async def end_soon(*_: object) -> None:
    raise Ended


async def cause_events(bus: userbus.Bus) -> None:
    """Change users, and create roles, until cancelled: whatever a program waits for happens again and again."""
    user = await bus.ask(CreateUser(username=f"u_{uuid4().hex}"))
    while True:
        await bus.ask(UpdateUser(id=user.id, email=f"{uuid4().hex}@example.com"))
        await bus.ask(CreateRole(name=f"r_{uuid4().hex}"))
        await asyncio.sleep(0.1)


async def run(program: CodeType, url: str) -> None:
    os.environ["USERBUS_AMQP_URL"] = url
    async with userbus.connect(url, app_id="documents", timeout=60) as bus:
        user = await bus.ask(CreateUser(username=f"u_{uuid4().hex}"))
        names: dict[str, Any] = {
            "bus": bus,
            "url": url,
            "user_id": user.id,
            "print": end,
            "send_bill_to": end_soon,
        }
        causing = asyncio.create_task(cause_events(bus))
        with suppress(Ended):
            result = await asyncio.to_thread(eval, program, names)  # a whole program has a loop of its own
            if isawaitable(result):
                await result
        causing.cancel()
    sys.stdout.write("ran")


text = sys.stdin.read()
asyncio.run(run(compile(text, "block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), sys.argv[1]))
