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
from handlers.deps import Handlers
from handlers.searching import search_of
from models.integrations import FIELDS, Integration
from models.unit import Unit


def integration_view(integration: Integration) -> IntegrationChanged:
    """An integration without its secrets."""
    shown = integration.model_dump(exclude={"secrets"})
    return IntegrationChanged(**shown, secret_count=len(integration.secrets))


async def create_integration(command: CreateIntegration, unit: Unit) -> IntegrationView:
    """Create an integration, its secrets sealed."""
    integration = Integration(
        id=await unit.counters.next("integrations"), name=command.name, secrets=_sealed(command.secrets, unit)
    )
    unit.emit("integration.created", integration, integration_view)
    await unit.integrations.add(integration)
    return integration_view(integration)


async def update_integration(command: UpdateIntegration, unit: Unit) -> IntegrationView:
    """Replace the secrets."""
    integration = await unit.integrations.get_by(**command.keys())
    integration.secrets = _sealed(command.secrets, unit)
    integration.touch()
    unit.emit("integration.updated", integration, integration_view)
    await unit.integrations.save(integration)
    return integration_view(integration)


async def get_integration(query: GetIntegration, unit: Unit) -> IntegrationView:
    """Find one integration."""
    return integration_view(await unit.integrations.get_by(**query.keys()))


async def search_integrations(query: SearchIntegrations, unit: Unit) -> IntegrationPage:
    """One page of the integrations that meet every condition."""
    page = await unit.integrations.page(search_of(query, FIELDS, {}))
    items: list[IntegrationView] = [integration_view(integration) for integration in page.items]
    return IntegrationPage(items=items, total=page.total, page=query.page, size=query.size, next=page.next)


async def delete_integration(command: DeleteIntegration, unit: Unit) -> IntegrationView:
    """Delete an unused integration."""
    integration = await unit.integrations.get_by(**command.keys())
    await unit.integrations.refuse_used(integration)
    unit.emit("integration.deleted", integration, integration_view)
    await unit.integrations.remove(integration.id)
    return integration_view(integration)


def _sealed(secrets: list[SecretStr], unit: Unit) -> list[str]:
    return unit.vault.seal(secret.get_secret_value() for secret in secrets)


HANDLERS: Handlers = {
    "integration.create": create_integration,
    "integration.update": update_integration,
    "integration.get": get_integration,
    "integration.search": search_integrations,
    "integration.delete": delete_integration,
}
