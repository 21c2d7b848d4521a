"""Deleting apps, groups, roles, resources and resource types with what belongs to them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from contracts.base import Deleted
from handlers.events import outgoing
from handlers.views import row_view
from models.attempt import attempt
from models.journal import Caller
from models.rows import Coded, CodedRows
from models.unit import Unit

STEP_SECONDS = 30.0
Rows = Callable[[Unit], CodedRows[Any]]


async def delete_row(rows: Rows, command: Any, unit: Unit) -> Deleted:
    """Delete a row, what belongs to it, and the links to all of these, in one transaction.

    Of more than 5,000 rows that belong to it the surplus goes first, in steps of 5,000 that are each complete in
    themselves: rows, links and events. A command that was stopped in between goes on where it was when it is repeated.
    """
    while await _step(rows, command.id, unit):
        pass
    row = await rows(unit).find(id=command.id)
    if row is None:
        return Deleted(deleted=0)
    await _erase(await unit.erasure.falling(row), unit)
    return Deleted(deleted=1)


async def _step(rows: Rows, id: int, unit: Unit) -> bool:
    row = await rows(unit.outside).find(id=id)
    if row is None or not await unit.outside.erasure.crowd(row):
        return False
    part = replace(unit.caller, message_id=f"{unit.caller.message_id}/{uuid4()}")
    until = asyncio.get_running_loop().time() + STEP_SECONDS
    await attempt(unit.shared, part, partial(_thin_out, row, unit.caller), until)
    return True


async def _thin_out(row: Coded, caller: Caller, part: Unit) -> None:
    await _erase(await part.erasure.crowd(row), part)
    await part.commit("", [outgoing(emitted, caller) for emitted in part.emitted])


async def _erase(rows: Sequence[Coded], unit: Unit) -> None:
    for row in rows:
        row.refuse_protected()
        unit.emit(f"{row.noun}.deleted", row, row_view)
    await unit.erasure.erase(rows)
