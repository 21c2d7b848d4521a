"""One event's way: to a text, to the people who are to hear it, to each of them once."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from aio_pika.abc import AbstractIncomingMessage

from .bus import Bus, CannotTake
from .store import Store
from .webhooks import Outcome, Webhook, send

TEXTS = {
    "user.created": "{who} has joined.",
    "user.restored": "{who} is back.",
    "user.disabled": "{who} can no longer sign in.",
    "user.enabled": "{who} can sign in again.",
    "user.deleted": "{who} has left.",
}
PAUSES = (0, 0.2, 1, 5, 30, 120)  # seconds before each attempt at a webhook that does not take messages now
LONGEST_PAUSE = 600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notifier:
    """Tells the members of a group; `webhooks` are in order of preference."""

    store: Store
    http: httpx.AsyncClient
    group_id: int
    webhooks: dict[str, Webhook] = field(default_factory=dict)

    async def take(self, bus: Bus, message: AbstractIncomingMessage) -> None:
        """Tell everybody of an event and acknowledge it; what cannot be told goes to the dead letters."""
        try:
            await self._notify(bus, read_event(message.body))
        except CannotTake as error:
            log.error("event %s: %s", message.message_id, error)
            await bus.dead_letter(message, str(error))
        await message.ack()

    async def _notify(self, bus: Bus, event: dict[str, Any]) -> None:
        if self.store.is_finished(event["id"]):
            log.info("event %s is a repeat", event["id"])
            return
        text = describe(event)
        failures = [
            failure
            async for recipient in self._recipients(bus)
            if (failure := await self._tell(event["id"], recipient, text))
        ]
        if failures:
            raise CannotTake("; ".join(failures))
        self.store.finish(event["id"])

    async def _recipients(self, bus: Bus) -> AsyncIterator[dict[str, Any]]:
        """The members of the group that can be reached, page by page."""
        question: dict[str, Any] = {"group_ids": [self.group_id], "integrations": [*self.webhooks]}
        while True:
            page = await bus.ask("account.resolve", question)
            for missing in page["missing"]:
                log.warning("cannot be told: %s", missing)
            for recipient in page["recipients"]:
                yield recipient
            if page["next"] is None:
                return
            question["after"] = page["next"]

    async def _tell(self, event_id: str, recipient: dict[str, Any], text: str) -> str | None:
        """Tell one person; why they could not be told, or None."""
        outcome = Outcome("later")
        for pause in PAUSES:
            if outcome.ended == "later":
                await asyncio.sleep(min(max(pause, outcome.wait), LONGEST_PAUSE))
                outcome = await self._attempt(event_id, recipient, text)
        if outcome.ended == "told":
            return None
        return f"user {recipient['user_id']} at {recipient['integration']}: {outcome.ended}, {outcome.why}"

    async def _attempt(self, event_id: str, recipient: dict[str, Any], text: str) -> Outcome:
        """Send once, between two notes in the store: a process that ends in between leaves "sending" behind."""
        user_id = recipient["user_id"]
        state = self.store.begin(event_id, user_id)
        if state == "told":
            return Outcome("told")
        if state == "sending":
            return Outcome("unknown", "an earlier attempt did not end")
        outcome = await send(self.http, self.webhooks[recipient["integration"]], recipient["account"], text)
        if outcome.ended == "told":
            self.store.set_told(event_id, user_id)
        elif outcome.ended != "unknown":  # which stays "sending": nobody sends it again
            self.store.forget(event_id, user_id)
        return outcome


def read_event(body: bytes) -> dict[str, Any]:
    """The CloudEvents object in a message; fields that this program does not know do not matter."""
    try:
        event = json.loads(body)
        fields = [event[name] for name in ("id", "type", "subject")]
        is_event = all(isinstance(each, str) for each in fields) and isinstance(event["data"], dict)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise CannotTake(f"no event of userbus: {error!r}") from error
    if not is_event:
        raise CannotTake("no event of userbus: id, type and subject must be texts, data an object")
    return dict(event)


def describe(event: dict[str, Any]) -> str:
    """What people read. The type of `user.created` is `userbus.user.created.v1`."""
    name = event["type"].removeprefix("userbus.").rpartition(".")[0]
    if name not in TEXTS:
        raise CannotTake(f"no text for events of type {event['type']}")
    user = event["data"]
    who = next((user[key] for key in ("name", "username", "email", "telephone") if user.get(key)), event["subject"])
    return TEXTS[name].format(who=who)
