"""A webhook in a store in memory, for what delivers without a worker around it."""

from dataclasses import replace

from cryptography.fernet import Fernet

from models.secrets.vault import Vault
from models.seeds import prepare
from models.unit_of_work import Dependencies, UnitOfWork
from models.webhooks import Webhook
from testing.store.memory import MemoryStore
from tests.models.conftest import build_dependencies


async def store_webhook() -> tuple[Dependencies, Webhook]:
    """A webhook for the events of users, and what it is stored with."""
    store = MemoryStore()
    await prepare(store)
    dependencies = replace(build_dependencies(store), vault=Vault(Fernet.generate_key().decode()))
    webhook = Webhook(id=1, url="https://receiver.example/", events=["user.*"])
    webhook.renew_secret("whsec_" + "A" * 43 + "=", dependencies.vault)
    await UnitOfWork(dependencies).webhooks.rows.insert_one(webhook.to_row())
    return dependencies, webhook
