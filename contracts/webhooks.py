"""Webhooks: events for receivers without a bus, posted to a URL of theirs."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from typing_extensions import TypeAliasType

from contracts.base import Command, EventData, Events, Family, Message, Query, Requests, View
from contracts.search import Page, PageSize, Search
from contracts.types import Id, Text, Timestamp, refuse_control_characters

DisabledBecause = Literal["failing", "gone"]
DeliveryState = Literal["waiting", "delivered", "failed"]
Url = Annotated[
    str,
    Field(pattern=r"^https?://[^/?#@\s]+([/?][^#\s]*)?$", max_length=2048),
    AfterValidator(refuse_control_characters),
]
EventPattern = Annotated[str, Field(pattern=r"^(#|[a-z_]+\.(\*|[a-z_]+))$", max_length=100)]
EventPatterns = Annotated[list[EventPattern], Field(min_length=1, max_length=100)]
WebhookField = TypeAliasType("WebhookField", Literal["id", "url", "created_at", "updated_at"])


class WebhookChanged(EventData):
    """A webhook after a change, or as it was when deleted; without its URL, which may hold secrets of the receiver."""

    id: int
    host: str
    events: list[str]
    plain: bool
    enabled: bool
    disabled_because: DisabledBecause | None
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class WebhookView(View):
    """A webhook without its secret.

    `disabled_because` is `failing` or `gone` where workers have disabled it, `delivered_at` when the receiver took a
    delivery last, exact to a minute.
    """

    id: int
    url: str
    events: list[str]
    plain: bool
    enabled: bool
    disabled_because: DisabledBecause | None
    delivered_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class WebhookSaved(WebhookView):
    """A webhook with the secret that was made for it by this command; shown in this reply only."""

    secret: str | None = None


class DeliveryView(View):
    """One event on its way to a receiver; `id` is the event's, which the receiver sees as `webhook-id`.

    `outcome` tells what became of the last attempt, `due` when the next one is made; both are null where there is none.
    """

    id: str
    event: str
    subject: str
    sequence: int
    state: DeliveryState
    attempts: int
    outcome: str | None
    due: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class DeliveryPage(View):
    """Deliveries, the newest first; `next` is the cursor of the following page, null on the last one."""

    items: list[DeliveryView]
    next: str | None


class RedrivenDeliveries(View):
    """How many deliveries were redriven, and whether there are more."""

    redriven: int
    more: bool


class CreateWebhook(Command[WebhookSaved]):
    """Have events posted to a URL, as docs/webhooks.md tells receivers.

    `events` are names (`user.created`), nouns (`user.*`) or `#` for all; with `plain` they have no personal data. The
    URL is https; http is for the networks that the workers' setting allows, as are private addresses. The `secret` that
    signs the deliveries is in this reply only. Events from the next second on are delivered. Fails with
    `webhook.event_unknown`, `webhook.address_refused`, `webhook.too_many`, or `webhook.no_key` where the worker has no
    USERBUS_ENCRYPTION_KEY.
    """

    url: Url
    events: EventPatterns
    plain: bool = False
    enabled: bool = True


class WebhookKey(Message):
    """Selects one webhook. Fails with `webhook.not_found`."""

    id: Id


class UpdateWebhook(WebhookKey, Command[WebhookSaved]):
    """Change a webhook; `new_secret` makes another secret, shown in this reply only.

    For a day deliveries are signed with the former secret too. While `enabled` is false nothing is sent and no event is
    kept for later; what was waiting goes on when it is enabled again. Fails with `webhook.not_found`,
    `webhook.event_unknown`, `webhook.address_refused`, `webhook.no_key`.
    """

    url: Url | None = None
    events: EventPatterns | None = None
    plain: bool | None = None
    enabled: bool | None = None
    new_secret: bool = False


class GetWebhook(WebhookKey, Query[WebhookView]):
    """Find one webhook.

    Fails with `webhook.not_found`.
    """


class SearchWebhooks(Search[WebhookField, Page[WebhookView]]):
    """Return one page of webhooks that meet every condition; see `Search` for paging and errors."""


class DeleteWebhook(WebhookKey, Command[WebhookView]):
    """Delete a webhook with its deliveries, sent or not.

    Fails with `webhook.not_found`.
    """


class TestWebhook(WebhookKey, Command[WebhookView]):
    """Send the event `webhook.tested` to a webhook, whatever its patterns.

    `webhook.deliveries` tells what became of it. Fails with `webhook.not_found`, `webhook.is_disabled`.
    """


class ListDeliveries(WebhookKey, Query[DeliveryPage]):
    """Return a page of a webhook's deliveries of the last two weeks, the newest first.

    `after` is the `next` of the page before. Fails with `webhook.not_found`, `search.cursor_invalid`.
    """

    state: DeliveryState | None = None
    size: PageSize = 20
    after: Annotated[str, Field(max_length=32_768)] | None = None


class RedriveDeliveries(WebhookKey, Command[RedrivenDeliveries]):
    """Have deliveries that failed for good tried again: the oldest 1,000, or that of one event.

    Later events of their subjects may have been delivered meanwhile. Fails with `webhook.not_found`,
    `webhook.is_disabled`.
    """

    event_id: Text | None = None


FAMILY: Family = "account"
REQUESTS: Requests = {
    "webhook.create": CreateWebhook,
    "webhook.update": UpdateWebhook,
    "webhook.get": GetWebhook,
    "webhook.search": SearchWebhooks,
    "webhook.delete": DeleteWebhook,
    "webhook.test": TestWebhook,
    "webhook.deliveries": ListDeliveries,
    "webhook.redrive": RedriveDeliveries,
}
EVENTS: Events = {
    "webhook.created": WebhookChanged,
    "webhook.updated": WebhookChanged,
    "webhook.disabled": WebhookChanged,
    "webhook.deleted": WebhookChanged,
    "webhook.tested": WebhookChanged,
}
