"""Integrations: create, update, get, search, delete."""

from pydantic import SecretStr

from contracts.integrations import (
    CreateIntegration,
    DeleteIntegration,
    GetIntegration,
    IntegrationChanged,
    IntegrationPage,
    IntegrationView,
    SearchIntegrations,
    UpdateIntegration,
)
from handlers.handler import Handlers
from handlers.searching import page_view, search_spec
from models.integrations import FIELDS, Integration
from models.unit_of_work import UnitOfWork


def integration_view(integration: Integration) -> IntegrationChanged:
    """The view of an integration, without its secrets."""
    fields = integration.model_dump(exclude={"secrets"})
    return IntegrationChanged(**fields, secret_count=len(integration.secrets))


async def create_integration(command: CreateIntegration, unit: UnitOfWork) -> IntegrationView:
    """Create an integration; its secrets are encrypted."""
    integration = Integration(
        id=await unit.counters.reserve_id("integrations"), name=command.name, secrets=_seal(command.secrets, unit)
    )
    unit.emit("integration.created", integration, integration_view)
    await unit.integrations.add(integration)
    return integration_view(integration)


async def update_integration(command: UpdateIntegration, unit: UnitOfWork) -> IntegrationView:
    """Replace the secrets."""
    integration = await unit.integrations.get_by(**command.keys())
    integration.secrets = _seal(command.secrets, unit)
    integration.touch()
    unit.emit("integration.updated", integration, integration_view)
    await unit.integrations.save(integration)
    return integration_view(integration)


async def get_integration(query: GetIntegration, unit: UnitOfWork) -> IntegrationView:
    """Find one integration."""
    return integration_view(await unit.integrations.get_by(**query.keys()))


async def search_integrations(query: SearchIntegrations, unit: UnitOfWork) -> IntegrationPage:
    """Find one page of the integrations that meet every condition."""
    page = await unit.integrations.search(search_spec(query, FIELDS, {}))
    items = [integration_view(integration) for integration in page.items]
    return page_view(IntegrationPage, items, page, query)


async def delete_integration(command: DeleteIntegration, unit: UnitOfWork) -> IntegrationView:
    """Delete an unused integration."""
    integration = await unit.integrations.get_by(**command.keys())
    await unit.integrations.refuse_used(integration)
    unit.emit("integration.deleted", integration, integration_view)
    await unit.integrations.remove(integration.id)
    return integration_view(integration)


def _seal(secrets: list[SecretStr], unit: UnitOfWork) -> list[str]:
    return unit.dependencies.vault.seal(secret.get_secret_value() for secret in secrets)


HANDLERS: Handlers = {
    "integration.create": create_integration,
    "integration.update": update_integration,
    "integration.get": get_integration,
    "integration.search": search_integrations,
    "integration.delete": delete_integration,
}
