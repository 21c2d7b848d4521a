"""The secrets that the vault encrypts, in every collection that holds some."""

from models.errors.accounts import NoKey
from models.secrets.vault import Vault
from models.store.client import Store

COLLECTIONS = ("integrations", "webhooks")


async def reseal_secrets(store: Store, vault: Vault) -> list[str]:
    """Encrypt all secrets with the newest key; return the subjects (`webhook/7`) whose secrets no key decrypts.

    Once it has run with a new list of keys, the old ones can be removed from the setting.
    """
    return [subject for name in COLLECTIONS for subject in await _reseal(store, name, vault)]


async def _reseal(store: Store, collection: str, vault: Vault) -> list[str]:
    unreadable: list[str] = []
    rows = store.collection(collection)
    async for row in rows.find({"secrets.0": {"$exists": True}}):
        try:
            resealed = vault.reseal(row["secrets"])
        except NoKey:
            unreadable.append(f"{collection.removesuffix('s')}/{row['_id']}")
        else:
            await rows.update_one({"_id": row["_id"], "secrets": row["secrets"]}, {"$set": {"secrets": resealed}})
    return unreadable
