"""Redriving one dead letter with another body, under its own message_id."""

import asyncio
import json
import sys
from dataclasses import dataclass

import click
from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from cli.dead.audit_log import AuditLog
from cli.dead.candidates import find_candidates
from cli.dead.dead_letter import Selection, dead_letter
from cli.dead.queue import DeadLetterQueue
from contracts.catalog import CATALOG


class NotRedriven(Exception):
    """Nothing was sent; the text says why, and what to do."""


@dataclass(frozen=True)
class Edit:
    """Which dead letter, and why it is changed."""

    selection: Selection
    why: str


async def redrive_edited(queue: DeadLetterQueue, edit: Edit) -> str:
    """Ask for another body, check it, send it; return the message_id. Raises `NotRedriven`, `AmbiguousPrefix`."""
    candidates = await find_candidates(queue, edit.selection)
    found = [message async for message in candidates.messages if candidates.selection.matches(dead_letter(message))]
    if len(found) != 1:
        raise NotRedriven(f"{len(found)} dead letters are meant: --edit takes the message_id of one")
    (message,) = found
    body = _check(message, await asyncio.to_thread(_ask, message.body))
    async with AuditLog(queue.channel, "redrive edited", candidates.selection, edit.why) as log:
        if await queue.redrive(message, body):
            await log.record(str(message.message_id))
    return str(message.message_id)


def _ask(body: bytes) -> str:
    """The new body, from an editor, or from standard input where that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.read()
    try:
        shown = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        shown = body.decode(errors="replace")
    edited = click.edit(shown, extension=".json", require_save=True)
    if edited is None:
        raise NotRedriven("the editor ended without saving: nothing was sent")
    return edited


def _check(message: AbstractIncomingMessage, text: str) -> bytes:
    entry = CATALOG.get(message.routing_key or "")
    if entry is None:
        raise NotRedriven(f"no request is called {message.routing_key!r}: drop it, and have its sender send another")
    try:
        entry.message.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the body"
        raise NotRedriven(f"{place}: {fault['msg']}; nothing was sent, the dead letter is where it was") from error
    return text.encode()
