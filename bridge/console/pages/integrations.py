"""Integrations, whose secrets can be written and not read."""

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, act, show
from contracts.integrations import (
    CreateIntegration,
    DeleteIntegration,
    IntegrationField,
    SearchIntegrations,
    UpdateIntegration,
)
from contracts.search import Order

SIZE = 50
LATEST = [Order[IntegrationField](field="id", direction="desc")]
NOTICES = {
    "created": "The integration is there.",
    "updated": "The secrets are replaced.",
    "deleted": "The integration is deleted.",
}


async def list_integrations(request: PageRequest) -> Response:
    """List the integrations, the latest first."""
    after = request.query.get("after")
    page = await request.ask(SearchIntegrations(sort=LATEST, size=SIZE, after=after, count=False))
    return request.render("integrations.html", integrations=page.items, after=page.next)


async def create_integration(request: PageRequest) -> Response:
    """Create an integration."""
    await request.ask(
        CreateIntegration.model_validate({"name": request.form.get("name"), "secrets": _secrets(request)})
    )
    return request.redirect("/integrations", "created")


async def replace_secrets(request: PageRequest) -> Response:
    """Replace the secrets of an integration."""
    await request.ask(UpdateIntegration.model_validate({"id": request.id, "secrets": _secrets(request)}))
    return request.redirect("/integrations", "updated")


async def delete_integration(request: PageRequest) -> Response:
    """Delete an integration at which nobody has an account."""
    await request.ask(DeleteIntegration(id=request.id))
    return request.redirect("/integrations", "deleted")


def _secrets(request: PageRequest) -> list[str]:
    return request.form.get("secrets", "").split()


AT = "/integrations/{id:number}"
PAGE = ConsolePage(
    "Integrations",
    (
        show("/integrations", list_integrations),
        act("/integrations", create_integration),
        act(f"{AT}/secrets", replace_secrets),
        act(f"{AT}/delete", delete_integration),
    ),
    NOTICES,
)
