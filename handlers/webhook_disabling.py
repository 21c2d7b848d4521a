"""Disabling webhooks whose receivers have been failing for long, or say that they are gone."""

import asyncio
from typing import Literal
from uuid import uuid4

from handlers.cloudevents import cloud_event
from handlers.webhook_views import webhook_changed
from models.store.journal import CommandContext
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from models.webhooks import Webhook

PATIENCE_SECONDS = 10.0


async def disable_webhook(dependencies: Dependencies, tried: Webhook, because: Literal["failing", "gone"]) -> bool:
    """Disable a webhook with its event, journalled as a command of the workers, unless it has another URL by now.

    `tried` is the webhook as it was when its receiver was asked. Returns whether this has disabled it. Raises
    `StoreUnavailable`.
    """
    context = CommandContext("webhook.disable", uuid4().hex, "", caller="worker")

    async def disable(unit: UnitOfWork) -> bool:
        webhook = await unit.webhooks.find(id=tried.id)
        if webhook is None or webhook.url != tried.url or not webhook.change({"enabled": False}):
            return False
        webhook.disabled_because = because
        unit.emit("webhook.disabled", webhook, webhook_changed)
        await unit.webhooks.save(webhook)
        await unit.commit("", [cloud_event(event, unit.context) for event in unit.emitted])
        return True

    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    return await with_transaction(dependencies, context, disable, until)
