"""Webhooks: where events are posted to, and the secrets that sign them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from models.errors.accounts import NoKey
from models.errors.webhooks import TooManyWebhooks, WebhookIsDisabled, WebhookNoKey, WebhookNotFound
from models.secrets.vault import Vault
from models.store.client import BsonDict
from models.store.conditions import fold, number_field, text_field, time_field
from models.store.document import Document, now
from models.store.repository import Repository

MAX_WEBHOOKS = 100
FORMER_SECRET = timedelta(days=1)
EXACTNESS = timedelta(minutes=1)
FIELDS = {
    "id": number_field("id", "_id"),
    "url": text_field("url"),
    **{name: time_field(name) for name in ("created_at", "updated_at")},
}


class Webhook(Document):
    """A webhook; the vault encrypts its `secrets`, the newest first, the former of which signs until `former_until`."""

    noun: ClassVar[str] = "webhook"
    url: str
    events: list[str]
    plain: bool = False
    enabled: bool = True
    disabled_because: Literal["failing", "gone"] | None = None
    secrets: list[str] = []
    former_until: datetime | None = None
    delivered_at: datetime | None = None

    @property
    def host(self) -> str:
        """The host of the URL, with its port if it names one; the rest may hold secrets of the receiver."""
        return urlsplit(self.url).netloc

    @property
    def signing_secrets(self) -> list[str]:
        """The encrypted secrets that sign now."""
        is_former_valid = self.former_until is not None and now() < self.former_until
        return self.secrets[: 2 if is_former_valid else 1]

    def wants(self, event: str, subject: str) -> bool:
        """Whether an event of this name about this subject is to be delivered: a test only to its own webhook."""
        if event == "webhook.tested":
            return subject == self.subject
        return any(pattern == "#" or fnmatchcase(event, pattern) for pattern in self.events)

    def change(self, fields: Mapping[str, Any]) -> bool:
        """Set fields; return whether any of them changed. Enabling forgets why it was disabled.

        The events are a set: another order is no change.
        """
        changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
        if "events" in changed and {*changed["events"]} == {*self.events}:
            del changed["events"]
        for name, value in changed.items():
            setattr(self, name, value)
        if "enabled" in changed:
            self.disabled_because = None
        if changed:
            self.touch()
        return bool(changed)

    def renew_secret(self, secret: str, vault: Vault) -> None:
        """Sign with a new secret, and for a day with the one before as well. Raises `WebhookNoKey`."""
        try:
            sealed = vault.seal([secret])
        except NoKey as error:
            raise WebhookNoKey from error
        self.former_until = now() + FORMER_SECRET if self.secrets else None
        self.secrets = [*sealed, *self.secrets[:1]]
        self.touch()

    def refuse_disabled(self) -> None:
        """Raise `WebhookIsDisabled` unless the webhook is enabled."""
        if not self.enabled:
            raise WebhookIsDisabled

    def to_row(self) -> BsonDict:
        """Return the stored row, with the case-folded URL for search."""
        return super().to_row() | {"folded": {"url": fold(self.url)}}


class WebhookRepository(Repository[Webhook]):
    """The webhooks, at most 100: each has the workers' own connections."""

    collection: ClassVar[str] = "webhooks"
    document = Webhook
    not_found = WebhookNotFound

    async def add(self, webhook: Webhook) -> None:
        """Insert a webhook. Raises `TooManyWebhooks`; a few created at the same moment may pass."""
        if await self.rows.count_documents({}, session=await self.session()) >= MAX_WEBHOOKS:
            raise TooManyWebhooks
        await super().add(webhook)

    async def find_enabled(self) -> list[Webhook]:
        """Return all webhooks that are enabled."""
        return [Webhook.from_row(row) async for row in self.rows.find({"enabled": True})]

    async def record_delivery(self, webhook: Webhook) -> None:
        """Remember that the receiver has taken something, once a minute."""
        if webhook.delivered_at is None or now() - webhook.delivered_at > EXACTNESS:
            await self.rows.update_one({"_id": webhook.id}, {"$set": {"delivered_at": now()}})
