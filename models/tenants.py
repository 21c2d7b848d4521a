"""Tenants: client applications with a secret, known by a text id."""

import hmac
import secrets
from typing import ClassVar

from pydantic import Field
from pymongo.errors import DuplicateKeyError

from models.conditions import fold, text, time
from models.document import Document
from models.errors.auth import TenantInvalid, TenantNotFound, TenantTaken
from models.keys import Keys
from models.repository import Repository, Session
from models.search import Page, Search, found_page
from models.store import Row, Store

FIELDS = {
    "id": text("name"),
    "title": text("title"),
    "created_at": time("created_at"),
    "updated_at": time("updated_at"),
}


def new_key() -> str:
    """The name of a new signing key: the key itself is derived from it and from the deployment's secret."""
    return secrets.token_hex(16)


class Tenant(Document):
    """A client application; `name` is its id on the bus, `key` names the key that its user tokens are signed with."""

    noun: ClassVar[str] = "tenant"
    name: str
    title: str
    secret: str
    key: str = Field(default_factory=new_key)

    def to_row(self) -> Row:
        """The stored row, with folded copies for search."""
        return super().to_row() | {"folded": {"name": fold(self.name), "title": fold(self.title)}}


class Tenants(Repository[Tenant]):
    """The tenants' rows."""

    collection: ClassVar[str] = "tenants"
    document = Tenant
    missing = TenantNotFound

    def __init__(self, store: Store, session: Session, keys: Keys) -> None:
        super().__init__(store, session)
        self._keys = keys

    def hashed(self, name: str, secret: str) -> str:
        """How a secret is stored: a keyed hash, fast enough for every call and of no use without the key."""
        return self._keys.code("tenant", f"{name}\0{secret}")

    async def named(self, name: str) -> Tenant:
        """The tenant with this id. Raises `TenantNotFound`."""
        found = await self.find(name=name)
        if found is None:
            raise TenantNotFound
        return found

    async def verified(self, name: str, secret: str) -> Tenant:
        """The tenant with these credentials. Raises `TenantInvalid`, known or not."""
        found = await self.find(name=name)
        if not hmac.compare_digest(found.secret if found else "", self.hashed(name, secret)) or found is None:
            raise TenantInvalid
        return found

    async def add(self, tenant: Tenant) -> None:
        """Insert a tenant. Raises `TenantTaken`."""
        try:
            await super().add(tenant)
        except DuplicateKeyError as error:
            raise TenantTaken from error

    async def page(self, search: Search) -> Page[Tenant]:
        """A page of the tenants that meet the search."""
        page = await found_page(self.rows, search, await self.session())
        return Page([Tenant.from_row(row) for row in page.items], page.total, page.next)
