"""Deletion of apps, groups, roles, resources and resource types with the rows that they own."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from contracts.base import Deleted
from handlers.cloudevents import cloud_event
from handlers.views import coded_view
from models.coded import CodedDocument, CodedRepository
from models.store.journal import CommandContext
from models.transaction import with_transaction
from models.unit_of_work import UnitOfWork

STEP_SECONDS = 30.0
Rows = Callable[[UnitOfWork], CodedRepository[Any]]


async def delete_row(rows: Rows, command: Any, unit: UnitOfWork) -> Deleted:
    """Delete a row, the rows that it owns, and the links to all of these, in one transaction.

    If it owns more than 5,000 rows, these are first deleted in steps of 5,000, each a transaction with its own links
    and events. A command that was interrupted continues when it is repeated.
    """
    while await _delete_surplus(rows, command.id, unit):
        pass
    row = await rows(unit).find(id=command.id)
    if row is None:
        return Deleted(deleted=0)
    await _erase(await unit.cascade.find_dependents(row), unit)
    return Deleted(deleted=1)


async def _delete_surplus(rows: Rows, id: int, unit: UnitOfWork) -> bool:
    row = await rows(unit.read_only).find(id=id)
    if row is None or not await unit.read_only.cascade.find_first_batch(row):
        return False
    step = replace(unit.context, message_id=f"{unit.context.message_id}/{uuid4()}")
    until = asyncio.get_running_loop().time() + STEP_SECONDS
    await with_transaction(unit.dependencies, step, partial(_delete_batch, row, unit.context), until)
    return True


async def _delete_batch(row: CodedDocument, context: CommandContext, step: UnitOfWork) -> None:
    await _erase(await step.cascade.find_first_batch(row), step)
    await step.commit("", [cloud_event(emitted, context) for emitted in step.emitted])


async def _erase(rows: Sequence[CodedDocument], unit: UnitOfWork) -> None:
    for row in rows:
        row.refuse_protected()
        unit.emit(f"{row.noun}.deleted", row, coded_view)
    await unit.cascade.erase(rows)
