"""Secrets at rest: sealed with the first of the deployment's encryption keys, readable with any of them."""

from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from models.errors.accounts import NoKey
from models.store import Store


class Vault:
    """Seals texts with Fernet. `keys` is a comma-separated list, the newest first; None: nothing can be sealed.

    Raises `ValueError` for a key that is not 32 bytes in url-safe base64.
    """

    def __init__(self, keys: str | None) -> None:
        fernets = [Fernet(key.strip()) for key in (keys or "").split(",") if key.strip()]
        self._fernet = MultiFernet(fernets) if fernets else None

    def seal(self, texts: Iterable[str]) -> list[str]:
        """The texts as they may be stored. Raises `NoKey`."""
        given = [*texts]
        if given and self._fernet is None:
            raise NoKey
        return [self._fernet.encrypt(text.encode()).decode() for text in given] if self._fernet else []

    def reseal(self, sealed: Iterable[str]) -> list[str]:
        """The same secrets under the newest key. Raises `NoKey` where no key opens one."""
        if self._fernet is None:
            raise NoKey
        try:
            return [self._fernet.rotate(text).decode() for text in sealed]
        except InvalidToken as error:
            raise NoKey from error


async def rotate(store: Store, vault: Vault) -> list[str]:
    """Bring every integration's secrets under the newest key; the names of those that no key opens.

    After it has run on the new list of keys the old ones can be dropped from the setting.
    """
    lost: list[str] = []
    rows = store.collection("integrations")
    async for row in rows.find({"secrets.0": {"$exists": True}}):
        try:
            fresh = vault.reseal(row["secrets"])
        except NoKey:
            lost.append(row["name"])
        else:
            await rows.update_one({"_id": row["_id"], "secrets": row["secrets"]}, {"$set": {"secrets": fresh}})
    return lost
