"""Tenants: client applications with a text id and a secret."""

import hmac
import secrets
from typing import ClassVar

from pydantic import Field

from models.errors.auth import TenantInvalid, TenantNotFound, TenantTaken
from models.secrets.keys import Keys
from models.store.client import BsonDict, Store
from models.store.conditions import fold, text_field, time_field
from models.store.document import Document
from models.store.driver_errors import translate_duplicate
from models.store.repository import Repository
from models.store.scope import StoreScope
from models.tenant_guesses import TenantGuesses

FIELDS = {
    "id": text_field("name"),
    "title": text_field("title"),
    "created_at": time_field("created_at"),
    "updated_at": time_field("updated_at"),
}


def generate_key() -> str:
    """Return the name of a new signing key, from which and from the deployment's secret the key is derived."""
    return secrets.token_hex(16)


def is_secret(secret: str, stored: str, name: str, keys: Keys) -> bool:
    """Return whether a tenant's secret has this stored hash, by any of the keys; nothing has the hash ""."""
    # compared by every key, and with nothing stored too: the time is to tell neither
    found = [hmac.compare_digest(stored, _hash_secret(each, name, secret)) for each in (keys, *keys.former)]
    return any(found)


class Tenant(Document):
    """A client application; `name` is its id on the bus, `key` names the key that signs its user tokens."""

    noun: ClassVar[str] = "tenant"
    name: str
    title: str
    secret: str
    key: str = Field(default_factory=generate_key)

    @property
    def subject(self) -> str:
        """What the audit trail calls it: by its id on the bus."""
        return f"{self.noun}/{self.name}"

    def to_row(self) -> BsonDict:
        """Return the stored row, with case-folded copies for search."""
        return super().to_row() | {"folded": {"name": fold(self.name), "title": fold(self.title)}}


class TenantRepository(Repository[Tenant]):
    """The tenants."""

    collection: ClassVar[str] = "tenants"
    document = Tenant
    not_found = TenantNotFound

    def __init__(self, store: Store, scope: StoreScope, keys: Keys) -> None:
        super().__init__(store, scope)
        self._keys = keys
        self._guesses = TenantGuesses(store, keys)

    def hash_secret(self, name: str, secret: str) -> str:
        """Return the keyed hash by which a secret is stored: fast enough for every call, useless without the key."""
        return _hash_secret(self._keys, name, secret)

    async def get_by_name(self, name: str) -> Tenant:
        """Return the tenant with this id. Raises `TenantNotFound`."""
        found = await self.find(name=name)
        if found is None:
            raise TenantNotFound
        return found

    async def verify(self, name: str, secret: str) -> Tenant:
        """Return the tenant with these credentials. Raises `TenantInvalid`, after repeated ones with a delay."""
        found = await self.find(name=name)
        if is_secret(secret, found.secret if found else "", name, self._keys) and found is not None:
            await self._renew_hash(found, secret)
            return found
        delay = await self._guesses.record(name)
        raise TenantInvalid(details={"delay": delay} if delay else None)

    async def add(self, tenant: Tenant) -> None:
        """Insert a tenant. Raises `TenantTaken`."""
        with translate_duplicate(TenantTaken):
            await super().add(tenant)

    async def _renew_hash(self, tenant: Tenant, secret: str) -> None:
        # once a tenant has called, the key before the newest is not needed for it any more
        newest = self.hash_secret(tenant.name, secret)
        if tenant.secret != newest:
            same = {"_id": tenant.id, "secret": tenant.secret}
            await self.rows.update_one(same, {"$set": {"secret": newest}})


def _hash_secret(keys: Keys, name: str, secret: str) -> str:
    return keys.hash_code("tenant", f"{name}\0{secret}")
