"""Redriving one dead letter with another body, under its own message_id."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from contracts.catalog import CATALOG
from contracts.redaction import REDACTED
from dead_letters.audit_log import AuditLog
from dead_letters.candidates import find_candidates
from dead_letters.dead_letter import Selection, dead_letter
from dead_letters.queue import DeadLetterQueue


class NotRedriven(Exception):
    """Nothing was sent; the text says why, and what to do."""


@dataclass(frozen=True)
class Edit:
    """Which dead letter, why it is changed, and by whom."""

    selection: Selection
    why: str
    by: str


async def redrive_edited(queue: DeadLetterQueue, edit: Edit, ask: Callable[[bytes], Awaitable[str]]) -> str:
    """Ask for another body than the one given, check it, send it; return the message_id.

    Raises `NotRedriven`, `AmbiguousPrefix`, and as `DeadLetterQueue.redrive` does.
    """
    candidates = await find_candidates(queue, edit.selection)
    found = [message async for message in candidates.messages if candidates.selection.matches(dead_letter(message))]
    message = _require_one(found)
    body = _check(message, await ask(message.body))
    changed = _changed_fields(message, body)
    async with AuditLog(queue.channel, edit.by, "redrive edited", candidates.selection, edit.why, changed) as log:
        if await queue.redrive(message, body):
            await log.record(str(message.message_id))
    return str(message.message_id)


def _require_one(found: list[AbstractIncomingMessage]) -> AbstractIncomingMessage:
    if len(found) == 1:
        return found[0]
    ids = {dead_letter(message).id for message in found}
    if len(ids) == 1:  # a command that became a dead letter twice, as where a worker died at that moment
        (id,) = ids
        raise NotRedriven(
            f"{len(found)} dead letters have the message_id {id}, an edit is of one: "
            f"`userbus dead drop {id} --limit 1` takes the oldest away"
        )
    raise NotRedriven(f"{len(found)} dead letters are meant, an edit is of one: name it by its message_id")


def _check(message: AbstractIncomingMessage, text: str) -> bytes:
    entry = CATALOG.get(message.routing_key or "")
    if entry is None:
        raise NotRedriven(f"no request is called {message.routing_key!r}: drop it, and have its sender send another")
    if f'"{REDACTED}"' in text:
        raise NotRedriven(f"write the secret in place of {REDACTED}; nothing was sent, the dead letter is where it was")
    try:
        entry.message.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the body"
        raise NotRedriven(f"{place}: {fault['msg']}; nothing was sent, the dead letter is where it was") from error
    return text.encode()


def _changed_fields(message: AbstractIncomingMessage, body: bytes) -> list[str]:
    """The fields of the contract that another body changes; what the old one had besides is `others`."""
    known = CATALOG[message.routing_key or ""].message.model_fields
    new: dict[str, Any] = json.loads(body)
    try:
        old = json.loads(message.body)
    except (ValueError, RecursionError):
        return ["all"]
    if not isinstance(old, dict):
        return ["all"]
    names = {name for name in (*old, *new) if name not in old or name not in new or old[name] != new[name]}
    return [*sorted(names & known.keys()), *(["others"] if names - known.keys() else [])]
