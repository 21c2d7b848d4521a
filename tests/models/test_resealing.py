"""Encrypted secrets are brought under the newest key."""

from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet

from devstack.servers import RunningServers
from models.sealed_secrets import reseal_secrets
from models.secrets.vault import Vault
from models.store.client import Store
from tests.support.stack import fresh_database
from tests.support.stores import open_store


@pytest.fixture
async def store(running: RunningServers) -> AsyncIterator[Store]:
    async with open_store(fresh_database(running.mongo_url)) as fresh:
        yield fresh


def key() -> str:
    return Fernet.generate_key().decode()


async def test_rotation_brings_secrets_under_the_newest_key(store: Store) -> None:
    old, new = key(), key()
    rows = store.collection("integrations")
    await rows.insert_one({"_id": 1, "name": "lark", "secrets": Vault(old).seal(["a", "b"])})
    await rows.insert_one({"_id": 2, "name": "slack", "secrets": []})
    await store.collection("webhooks").insert_one({"_id": 3, "secrets": Vault(old).seal(["c"])})
    assert await reseal_secrets(store, Vault(f"{new}, {old}")) == []
    row = await rows.find_one({"_id": 1})
    webhook = await store.collection("webhooks").find_one({"_id": 3})
    assert [Fernet(new).decrypt(text) for text in row["secrets"] + webhook["secrets"]] == [b"a", b"b", b"c"]


async def test_rotation_tells_whose_secrets_no_key_opens_and_leaves_them(store: Store) -> None:
    sealed = Vault(key()).seal(["a"])
    rows = store.collection("integrations")
    await rows.insert_one({"_id": 1, "name": "lark", "secrets": sealed})
    assert await reseal_secrets(store, Vault(key())) == ["integration/1"]
    assert await reseal_secrets(store, Vault(None)) == ["integration/1"]
    assert (await rows.find_one({"_id": 1}))["secrets"] == sealed
