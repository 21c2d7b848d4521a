"""Tenants: client applications that show a secret of their own before their users sign in (starcedu)."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints
from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Query, Requests, View
from contracts.search import Page, Search
from contracts.sessions import TenantCredentials
from contracts.types import Text, Timestamp

TenantId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20\x7f:]+$", min_length=1, max_length=255)]
TenantSecret = Annotated[SecretStr, Field(min_length=16, max_length=128)]
TenantField = TypeAliasType("TenantField", Literal["id", "title", "created_at", "updated_at"])


class CreateTenant(Command):
    """Make a tenant; `id` has no space and no colon. Refused as `tenant.taken` (conflict) when it is there already.

    Without `secret` one of 256 random bits is made; either way it is stored as a keyed hash only.
    """

    id: TenantId
    title: Text
    secret: TenantSecret | None = None


class UpdateTenant(Command):
    """Change title or secret; `new_key` changes the key that user tokens are signed with, which ends them all."""

    id: TenantId
    title: Text | None = None
    secret: TenantSecret | None = None
    new_key: bool = False


class TenantView(View):
    """A tenant without its secret; `key` names the key that its user tokens are signed with and is no secret."""

    id: str
    title: str
    key: str
    created_at: Timestamp
    updated_at: Timestamp


class TenantCreated(TenantView):
    """A new tenant, with its secret where userbus made it: shown once."""

    secret: str | None = None


class GetTenant(Query):
    """One tenant; refused as `tenant.not_found`."""

    id: TenantId


class SearchTenants(Search[TenantField], Query):
    """One page of the tenants that meet every condition, sorted; ties by order of their making."""


class DeleteTenant(Command):
    """Delete a tenant with all user tokens made for it; deleting one that is not there deletes 0."""

    id: TenantId


class VerifyTenant(TenantCredentials, Query):
    """Are these a tenant's credentials? Refused as `tenant.invalid` (unauthenticated), known or not."""


REQUESTS: Requests = {
    "tenant.create": (CreateTenant, TenantCreated),
    "tenant.update": (UpdateTenant, TenantView),
    "tenant.get": (GetTenant, TenantView),
    "tenant.search": (SearchTenants, Page[TenantView]),
    "tenant.delete": (DeleteTenant, Deleted),
    "tenant.verify": (VerifyTenant, TenantView),
}
