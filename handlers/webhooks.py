"""Webhooks: create, update, get, search, delete, test; their deliveries, and redriving them."""

from contracts.search import Page
from contracts.webhooks import (
    CreateWebhook,
    DeleteWebhook,
    DeliveryPage,
    GetWebhook,
    ListDeliveries,
    RedriveDeliveries,
    RedrivenDeliveries,
    SearchWebhooks,
    TestWebhook,
    UpdateWebhook,
    WebhookSaved,
    WebhookView,
)
from handlers.event_patterns import refuse_unknown_events
from handlers.handler import Handlers
from handlers.searching import page_view, search_spec
from handlers.webhook_views import delivery_view, webhook_changed, webhook_view
from models.store.journal import SIGNING_SECRET
from models.unit_of_work import UnitOfWork
from models.webhooks import FIELDS, Webhook


async def create_webhook(command: CreateWebhook, unit: UnitOfWork) -> WebhookSaved:
    """Create a webhook with a secret of its own, which only the reply has."""
    _refuse_unfit(command, unit)
    webhook = Webhook(id=await unit.counters.reserve_id("webhooks"), **command.model_dump())
    secret = unit.mint(SIGNING_SECRET)
    webhook.renew_secret(secret, unit.dependencies.vault)
    unit.emit("webhook.created", webhook, webhook_changed)
    await unit.webhooks.add(webhook)
    return WebhookSaved(**dict(webhook_view(webhook)), secret=secret)


async def update_webhook(command: UpdateWebhook, unit: UnitOfWork) -> WebhookSaved:
    """Set the fields that the command gives."""
    _refuse_unfit(command, unit)
    webhook = await unit.webhooks.get(command.id)
    is_changed = webhook.change(command.model_dump(exclude={"id", "new_secret"}, exclude_none=True))
    secret = unit.mint(SIGNING_SECRET) if command.new_secret else None
    if secret:
        webhook.renew_secret(secret, unit.dependencies.vault)
    if is_changed or secret:
        unit.emit("webhook.updated", webhook, webhook_changed)
        await unit.webhooks.save(webhook)
    return WebhookSaved(**dict(webhook_view(webhook)), secret=secret)


async def get_webhook(query: GetWebhook, unit: UnitOfWork) -> WebhookView:
    """Find one webhook."""
    return webhook_view(await unit.webhooks.get(query.id))


async def search_webhooks(query: SearchWebhooks, unit: UnitOfWork) -> Page[WebhookView]:
    """Find one page of webhooks."""
    page = await unit.webhooks.search(search_spec(query, FIELDS, {}))
    return page_view(Page[WebhookView], [webhook_view(each) for each in page.items], page, query)


async def delete_webhook(command: DeleteWebhook, unit: UnitOfWork) -> WebhookView:
    """Delete a webhook; the event has its deliveries deleted."""
    webhook = await unit.webhooks.get(command.id)
    unit.emit("webhook.deleted", webhook, webhook_changed)
    await unit.webhooks.remove(webhook.id)
    return webhook_view(webhook)


async def send_test(command: TestWebhook, unit: UnitOfWork) -> WebhookView:
    """Emit an event that is delivered to this webhook alone."""
    webhook = await unit.webhooks.get(command.id)
    webhook.refuse_disabled()
    unit.emit("webhook.tested", webhook, webhook_changed)
    await unit.webhooks.save(webhook)
    return webhook_view(webhook)


async def list_deliveries(query: ListDeliveries, unit: UnitOfWork) -> DeliveryPage:
    """Find one page of a webhook's deliveries."""
    webhook = await unit.webhooks.get(query.id)
    page = await unit.deliveries.find_page(webhook.id, query.state, query.size, query.after)
    return DeliveryPage(items=[delivery_view(row) for row in page.items], next=page.next)


async def redrive_deliveries(command: RedriveDeliveries, unit: UnitOfWork) -> RedrivenDeliveries:
    """Have failed deliveries tried again."""
    webhook = await unit.webhooks.get(command.id)
    webhook.refuse_disabled()
    count, more = await unit.deliveries.redrive(webhook.id, command.event_id)
    return RedrivenDeliveries(redriven=count, more=more)


def _refuse_unfit(command: CreateWebhook | UpdateWebhook, unit: UnitOfWork) -> None:
    refuse_unknown_events(command.events or ())
    if command.url is not None:
        unit.dependencies.webhook_addresses.refuse_url(command.url)


HANDLERS: Handlers = {
    "webhook.create": create_webhook,
    "webhook.update": update_webhook,
    "webhook.get": get_webhook,
    "webhook.search": search_webhooks,
    "webhook.delete": delete_webhook,
    "webhook.test": send_test,
    "webhook.deliveries": list_deliveries,
    "webhook.redrive": redrive_deliveries,
}
