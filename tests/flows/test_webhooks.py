"""Webhooks end to end: what may be created, secrets that are shown once, and who may ask."""

from base64 import b64decode
from dataclasses import replace
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from access.service_grants import DEFAULT_MAY, PROGRAMS, ServiceIdentity
from contracts.webhooks import CreateWebhook
from handlers.webhooks import create_webhook
from models.errors.webhooks import WebhookNoKey
from models.secrets.vault import Vault
from models.store.journal import CommandContext
from models.unit_of_work import UnitOfWork
from models.webhooks import MAX_WEBHOOKS, WebhookRepository
from tests.support.client import Client
from tests.support.stack import ENCRYPTION_KEY, Stack
from tests.support.webhooks import URL, a_webhook

NOBODY = 9_007_199_254_740_991


async def test_the_secret_is_shown_when_it_is_made_and_never_again(client: Client, stack: Stack) -> None:
    events, message_id = await client.events("webhook.*"), uuid4().hex
    body = {"url": URL, "events": ["integration.*"]}
    made = await client.done("webhook.create", body, message_id=message_id)
    assert await client.done("webhook.create", body, message_id=message_id) == made
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert await client.done("webhook.get", {"id": made["id"]}) == made
    assert made in (await client.done("webhook.search", {"size": 1000}))["items"]
    store = stack.worker.dependencies.store
    row = await store.collection("webhooks").find_one({"_id": made["id"]})
    assert [Fernet(ENCRYPTION_KEY).decrypt(text).decode() for text in row["secrets"]] == [secret]
    entry = await store.collection("journal").find_one({"_id": message_id})
    told = await events.about(f"webhook/{made['id']}", 1)
    assert secret not in f"{made}{row}{entry}{told}"


async def test_a_new_secret_replaces_the_former_which_signs_for_a_day(client: Client, stack: Stack) -> None:
    made = await a_webhook(client)
    changed = await client.done("webhook.update", {"id": made["id"], "new_secret": True})
    assert changed["secret"] not in (None, made["secret"])
    again = await client.done("webhook.update", {"id": made["id"], "plain": True})
    assert (again["secret"], again["plain"]) == (None, True)
    async with UnitOfWork(stack.worker.dependencies) as unit:
        webhook = await unit.webhooks.get(made["id"])
    opened = [Fernet(ENCRYPTION_KEY).decrypt(text).decode() for text in webhook.signing_secrets]
    assert opened == [changed["secret"], made["secret"]]


async def test_each_change_publishes_its_event_without_the_path_of_the_url(client: Client) -> None:
    events = await client.events("webhook.*")
    made = await a_webhook(client)
    id = made["id"]
    changed = await client.done("webhook.update", {"id": id, "enabled": False, "events": ["#"]})
    assert await client.done("webhook.update", {"id": id, "enabled": False, "events": ["#"]}) == changed
    await client.done("webhook.update", {"id": id, "enabled": True})
    await client.done("webhook.test", {"id": id})
    gone = await client.done("webhook.delete", {"id": id})
    told = await events.about(f"webhook/{id}", 5)
    changes = ("created", "updated", "updated", "tested", "deleted")
    assert [event["type"] for event in told] == [f"userbus.webhook.{change}.v1" for change in changes]
    assert [event["sequence"] for event in told] == [1, 2, 3, 4, 5]
    assert told[1]["data"]["host"] == "receiver.example"
    assert (told[1]["data"]["enabled"], told[1]["data"]["events"]) == (False, ["#"])
    assert "a-key-of-the-receiver" not in f"{told}"
    assert gone["url"] == URL


async def test_the_order_of_the_events_is_no_change(client: Client) -> None:
    made = await a_webhook(client, events=["user.*", "role.created"])
    body = {"id": made["id"], "events": ["role.created", "user.*", "role.created"]}
    assert await client.done("webhook.update", body) == made | {"secret": None}
    changed = await client.done("webhook.update", body | {"events": ["role.created"]})
    assert (changed["events"], changed["revision"]) == (["role.created"], made["revision"] + 1)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://10.0.0.1/hook", "webhook.address_refused"),
        ("http://1.1.1.1/hook", "webhook.address_refused"),
        ("https://receiver.example:99999/", "webhook.address_refused"),
        ("ftp://receiver.example/", "message.invalid"),
        ("https://name:password@receiver.example/", "message.invalid"),
        ("https://receiver.example/#part", "message.invalid"),
        ("https://receiver.example/a b", "message.invalid"),
    ],
)
async def test_urls_that_cannot_be_sent_to_are_refused(client: Client, url: str, code: str) -> None:
    made = await a_webhook(client)
    for name, body in (("create", {"url": url, "events": ["#"]}), ("update", {"id": made["id"], "url": url})):
        problem = await client.refused(f"webhook.{name}", body)
        assert (problem["kind"], problem["code"]) == ("invalid", code)


async def test_patterns_that_match_no_event_are_refused_with_the_nearest(client: Client) -> None:
    body = {"url": URL, "events": ["user.creatd", "user.*", "#", "usr.*"]}
    problem = await client.refused("webhook.create", body)
    assert (problem["kind"], problem["code"]) == ("invalid", "webhook.event_unknown")
    told = {row["pattern"]: row["nearest"] for row in problem["details"]}
    assert told.keys() == {"user.creatd", "usr.*"}
    assert "user.created" in told["user.creatd"]
    assert "user.*" in told["usr.*"]


@pytest.mark.parametrize("name", ["get", "update", "delete", "test", "deliveries", "redrive"])
async def test_an_unknown_webhook_is_not_found(client: Client, name: str) -> None:
    problem = await client.refused(f"webhook.{name}", {"id": NOBODY})
    assert (problem["kind"], problem["code"]) == ("not_found", "webhook.not_found")


async def test_nothing_is_sent_to_a_disabled_webhook(client: Client) -> None:
    made = await a_webhook(client, enabled=False)
    for name in ("test", "redrive"):
        problem = await client.refused(f"webhook.{name}", {"id": made["id"]})
        assert (problem["kind"], problem["code"]) == ("conflict", "webhook.is_disabled")


async def test_there_are_at_most_so_many(client: Client, stack: Stack) -> None:
    rows = stack.worker.dependencies.store.collection(WebhookRepository.collection)
    fillers = [{"_id": -number, "enabled": False} for number in range(1, MAX_WEBHOOKS + 1)]
    await rows.insert_many(fillers)
    try:
        problem = await client.refused("webhook.create", {"url": URL, "events": ["#"]})
    finally:
        await rows.delete_many({"_id": {"$lt": 0}})
    assert (problem["kind"], problem["code"]) == ("conflict", "webhook.too_many")


async def test_without_an_encryption_key_there_are_no_webhooks(stack: Stack) -> None:
    keyless = replace(stack.worker.dependencies, vault=Vault(None))
    async with UnitOfWork(keyless, CommandContext("webhook.create", uuid4().hex, "digest")) as unit:
        with pytest.raises(WebhookNoKey, match="USERBUS_ENCRYPTION_KEY") as refusal:
            await create_webhook(CreateWebhook(url=URL, events=["#"]), unit)
    assert (refusal.value.kind, refusal.value.code) == ("denied", "webhook.no_key")


@pytest.mark.parametrize("pattern", ["*", "webhook*", "w*", "*.create", "*.search"])
def test_no_wildcard_grants_webhooks(pattern: str) -> None:
    assert not [name for name in ServiceIdentity("billing", (pattern,)).requests if name.startswith("webhook.")]
    assert not [name for name in (*DEFAULT_MAY, *PROGRAMS["bridge"].requests) if name.startswith("webhook.")]
    assert ServiceIdentity("billing", ("webhook.search",)).requests == {"webhook.search"}
