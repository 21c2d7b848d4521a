"""Refusals about webhooks."""

from models.errors.base import Refusal


class WebhookNotFound(Refusal):
    """No webhook with that id."""

    kind = "not_found"
    code = "webhook.not_found"
    text = "no such webhook"


class WebhookIsDisabled(Refusal):
    """Nothing is sent to a webhook that is disabled."""

    code = "webhook.is_disabled"
    text = "the webhook is disabled: enable it first (webhook.update)"


class TooManyWebhooks(Refusal):
    """There are as many webhooks as there may be."""

    code = "webhook.too_many"
    text = "there are 100 webhooks, which is as many as there may be: delete one first"


class EventUnknown(Refusal):
    """A pattern matches no event; `details` names each with the nearest ones that exist."""

    kind = "invalid"
    code = "webhook.event_unknown"
    text = "a pattern matches no event: it must be the name of an event, a noun with `.*`, or `#`"


class AddressRefused(Refusal):
    """Webhooks may not be sent to that address."""

    kind = "invalid"
    code = "webhook.address_refused"
    text = "webhooks go to public addresses by https: other networks must be in USERBUS_WEBHOOK_NETWORKS of the workers"


class WebhookNoKey(Refusal):
    """The worker has no encryption key, so that it cannot store the secret of a webhook."""

    kind = "denied"
    code = "webhook.no_key"
    text = "the secret can only be stored encrypted, and the worker has no key: set USERBUS_ENCRYPTION_KEY"
