"""Tenants: create, update, get, search, delete, verify."""

from contracts.base import Deleted
from contracts.search import Page
from contracts.tenants import (
    CreateTenant,
    DeleteTenant,
    GetTenant,
    SearchTenants,
    TenantCreated,
    TenantView,
    UpdateTenant,
    VerifyTenant,
)
from handlers.deps import Handlers
from handlers.searching import search_of
from models.tenants import FIELDS, Tenant, new_key
from models.unit import Unit


def tenant_view(tenant: Tenant) -> TenantView:
    """A tenant without its secret."""
    return TenantView(id=tenant.name, **tenant.model_dump(include={"title", "key", "created_at", "updated_at"}))


async def create_tenant(command: CreateTenant, unit: Unit) -> TenantCreated:
    """Make a tenant, with a secret of ours where none is given."""
    made = None if command.secret else unit.mint()
    secret = command.secret.get_secret_value() if command.secret else unit.mint()
    tenant = Tenant(
        id=await unit.counters.next("tenants"),
        name=command.id,
        title=command.title,
        secret=unit.tenants.hashed(command.id, secret),
    )
    await unit.tenants.add(tenant)
    return TenantCreated(**dict(tenant_view(tenant)), secret=made)


async def update_tenant(command: UpdateTenant, unit: Unit) -> TenantView:
    """Change what is given; a new key ends the tenant's user tokens."""
    tenant = await unit.tenants.named(command.id)
    tenant.title = command.title or tenant.title
    if command.secret:
        tenant.secret = unit.tenants.hashed(command.id, command.secret.get_secret_value())
    if command.new_key:
        tenant.key = new_key()
        await unit.sessions.end_tenant(tenant.name)
    tenant.touch()
    await unit.tenants.save(tenant)
    return tenant_view(tenant)


async def get_tenant(query: GetTenant, unit: Unit) -> TenantView:
    """One tenant."""
    return tenant_view(await unit.tenants.named(query.id))


async def search_tenants(query: SearchTenants, unit: Unit) -> Page[TenantView]:
    """One page of tenants."""
    page = await unit.tenants.page(search_of(query, FIELDS, {}))
    items = [tenant_view(tenant) for tenant in page.items]
    return Page(items=items, total=page.total, page=query.page, size=query.size, next=page.next)


async def delete_tenant(command: DeleteTenant, unit: Unit) -> Deleted:
    """Delete a tenant with its user tokens."""
    tenant = await unit.tenants.find(name=command.id)
    if tenant is None:
        return Deleted(deleted=0)
    await unit.sessions.end_tenant(tenant.name)
    await unit.tenants.remove(tenant.id)
    return Deleted(deleted=1)


async def verify_tenant(query: VerifyTenant, unit: Unit) -> TenantView:
    """The tenant with these credentials."""
    return tenant_view(await unit.tenants.verified(query.id, query.secret.get_secret_value()))


HANDLERS: Handlers = {
    "tenant.create": create_tenant,
    "tenant.update": update_tenant,
    "tenant.get": get_tenant,
    "tenant.search": search_tenants,
    "tenant.delete": delete_tenant,
    "tenant.verify": verify_tenant,
}
