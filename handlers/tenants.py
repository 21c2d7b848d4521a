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
from handlers.handler import Handlers
from handlers.searching import page_view, search_spec
from handlers.session_lookup import verify_tenant_secret
from models.tenants import FIELDS, Tenant, generate_key
from models.unit_of_work import UnitOfWork


def tenant_view(tenant: Tenant) -> TenantView:
    """The view of a tenant, without its secret."""
    return TenantView(id=tenant.name, **tenant.model_dump(include={"title", "key", "created_at", "updated_at"}))


async def create_tenant(command: CreateTenant, unit: UnitOfWork) -> TenantCreated:
    """Create a tenant; a secret is generated if none is given."""
    generated = None if command.secret else unit.mint()
    secret = command.secret.get_secret_value() if command.secret else unit.mint()
    tenant = Tenant(
        id=await unit.counters.reserve_id("tenants"),
        name=command.id,
        title=command.title,
        secret=unit.tenants.hash_secret(command.id, secret),
    )
    unit.add_subject(tenant.subject)
    await unit.tenants.add(tenant)
    return TenantCreated(**dict(tenant_view(tenant)), secret=generated)


async def update_tenant(command: UpdateTenant, unit: UnitOfWork) -> TenantView:
    """Set the fields that the command gives; a new key ends the tenant's user tokens."""
    tenant = await unit.tenants.get_by_name(command.id)
    tenant.title = command.title or tenant.title
    if command.secret:
        tenant.secret = unit.tenants.hash_secret(command.id, command.secret.get_secret_value())
    if command.new_key:
        tenant.key = generate_key()
        await unit.sessions.end_tenant(tenant.name)
    tenant.touch()
    unit.add_subject(tenant.subject)
    await unit.tenants.save(tenant)
    return tenant_view(tenant)


async def get_tenant(query: GetTenant, unit: UnitOfWork) -> TenantView:
    """Return one tenant."""
    return tenant_view(await unit.tenants.get_by_name(query.id))


async def search_tenants(query: SearchTenants, unit: UnitOfWork) -> Page[TenantView]:
    """Find one page of tenants."""
    page = await unit.tenants.search(search_spec(query, FIELDS, {}))
    items = [tenant_view(tenant) for tenant in page.items]
    return page_view(Page[TenantView], items, page, query)


async def delete_tenant(command: DeleteTenant, unit: UnitOfWork) -> Deleted:
    """Delete a tenant with its user tokens."""
    tenant = await unit.tenants.find(name=command.id)
    if tenant is None:
        return Deleted(deleted=0)
    unit.add_subject(tenant.subject)
    await unit.sessions.end_tenant(tenant.name)
    await unit.tenants.remove(tenant.id)
    return Deleted(deleted=1)


async def verify_tenant(query: VerifyTenant, unit: UnitOfWork) -> TenantView:
    """Return the tenant with these credentials."""
    return tenant_view(await verify_tenant_secret(query, unit))


HANDLERS: Handlers = {
    "tenant.create": create_tenant,
    "tenant.update": update_tenant,
    "tenant.get": get_tenant,
    "tenant.search": search_tenants,
    "tenant.delete": delete_tenant,
    "tenant.verify": verify_tenant,
}
