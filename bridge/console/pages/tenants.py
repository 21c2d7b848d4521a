"""Tenants: create one, change its secret, which is shown once, or its key."""

from pydantic import SecretStr
from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, act, show
from contracts.search import Order
from contracts.tenants import CreateTenant, SearchTenants, TenantField, UpdateTenant

SIZE = 50
LATEST = [Order[TenantField](field="created_at", direction="desc")]
NOTICES = {"new-key": "The tenant has a new signing key; its user tokens have ended."}


async def list_tenants(request: PageRequest) -> Response:
    """List the tenants, the latest first."""
    return await _show(request)


async def create_tenant(request: PageRequest) -> Response:
    """Create a tenant, and show its secret on this page alone."""
    fields = {name: request.form.get(name) for name in ("id", "title")}
    created = await request.ask(CreateTenant.model_validate(fields))
    return await _show(request, created.id, created.secret or "")


async def change_secret(request: PageRequest) -> Response:
    """Give a tenant a random secret, and show it on this page alone."""
    secret = request.make_secret()
    changed = await request.ask(UpdateTenant(id=request.form.get("id", ""), secret=SecretStr(secret)))
    return await _show(request, changed.id, secret)


async def change_key(request: PageRequest) -> Response:
    """Give a tenant a new signing key."""
    await request.ask(UpdateTenant(id=request.form.get("id", ""), new_key=True))
    return request.redirect("/tenants", "new-key")


async def _show(request: PageRequest, id: str = "", secret: str = "") -> Response:
    page = await request.ask(SearchTenants(sort=LATEST, size=SIZE, after=request.query.get("after"), count=False))
    return request.render("tenants.html", tenants=page.items, after=page.next, id=id, secret=secret)


PAGE = ConsolePage(
    "Tenants",
    (
        show("/tenants", list_tenants),
        act("/tenants", create_tenant),
        act("/tenants/secret", change_secret),
        act("/tenants/key", change_key),
    ),
    NOTICES,
)
