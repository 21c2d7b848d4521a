"""Views of webhooks and of their deliveries."""

from contracts.webhooks import DeliveryView, WebhookChanged, WebhookView
from models.store.client import BsonDict
from models.webhooks import Webhook


def webhook_view(webhook: Webhook) -> WebhookView:
    """The view of a webhook, without its secrets."""
    return WebhookView(**webhook.model_dump(include=set(WebhookView.model_fields)))


def webhook_changed(webhook: Webhook) -> WebhookChanged:
    """The view of a webhook that its events show, with the host of its URL alone."""
    fields = set(WebhookChanged.model_fields) - {"host"}
    return WebhookChanged(**webhook.model_dump(include=fields), host=webhook.host)


def delivery_view(row: BsonDict) -> DeliveryView:
    """The view of a delivery, without the event itself."""
    known = {name: row.get(name) for name in DeliveryView.model_fields}
    return DeliveryView.model_validate(known | {"id": row["event_id"]})
