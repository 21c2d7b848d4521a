"""Tenants: client applications that authenticate before their users sign in (starcedu)."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints
from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Family, Query, Requests, View
from contracts.search import Page, Search
from contracts.sessions import TenantCredentials
from contracts.types import Text, Timestamp

TenantId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20\x7f:]+$", min_length=1, max_length=255)]
TenantSecret = Annotated[SecretStr, Field(min_length=16, max_length=128)]
TenantField = TypeAliasType("TenantField", Literal["id", "title", "created_at", "updated_at"])


class TenantView(View):
    """A tenant without its secret; `key` identifies the key that signs its user tokens, and is not secret."""

    id: str
    title: str
    key: str
    created_at: Timestamp
    updated_at: Timestamp


class TenantCreated(TenantView):
    """A new tenant, with its secret if userbus generated it; shown in this reply only."""

    secret: str | None = None


class CreateTenant(Command[TenantCreated]):
    """Create a tenant; `id` has no space and no colon.

    Without `secret` one of 256 random bits is generated; only a keyed hash is stored. Fails with `tenant.taken`.
    """

    id: TenantId
    title: Text
    secret: TenantSecret | None = None


class UpdateTenant(Command[TenantView]):
    """Change the title or secret of a tenant; `new_key` changes its signing key, which ends all its user tokens.

    Fails with `tenant.not_found`.
    """

    id: TenantId
    title: Text | None = None
    secret: TenantSecret | None = None
    new_key: bool = False


class GetTenant(Query[TenantView]):
    """Find one tenant.

    Fails with `tenant.not_found`.
    """

    id: TenantId


class SearchTenants(Search[TenantField, Page[TenantView]]):
    """Return one page of tenants that meet every condition; see `Search` for paging and errors.

    Ties are sorted by creation.
    """


class DeleteTenant(Command[Deleted]):
    """Delete a tenant with all its user tokens.

    An unknown id deletes 0.
    """

    id: TenantId


class VerifyTenant(TenantCredentials, Query[TenantView]):
    """Check the credentials of a tenant.

    Fails with `tenant.invalid`, whether the tenant is known or not; from the fourth failure in an hour on after
    `details.delay` seconds, at most 3.
    """


FAMILY: Family = "auth"
REQUESTS: Requests = {
    "tenant.create": CreateTenant,
    "tenant.update": UpdateTenant,
    "tenant.get": GetTenant,
    "tenant.search": SearchTenants,
    "tenant.delete": DeleteTenant,
    "tenant.verify": VerifyTenant,
}
