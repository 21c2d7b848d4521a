"""Integrations: the systems at which users have notification accounts."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from typing_extensions import TypeAliasType

from contracts.base import Command, EventData, Events, Family, Message, Query, Requests, View
from contracts.search import Page, Search
from contracts.types import Id, Text, Timestamp, refuse_control_characters


def _secret(secret: SecretStr) -> SecretStr:
    refuse_control_characters(secret.get_secret_value())
    return secret


Secret = Annotated[SecretStr, Field(min_length=1, max_length=255), AfterValidator(_secret)]
Secrets = Annotated[list[Secret], Field(max_length=4)]


class IntegrationView(View):
    """An integration; of its secrets only the number is shown."""

    id: int
    name: str
    secret_count: int
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class IntegrationPage(Page[IntegrationView]):
    """A page of integrations."""


class IntegrationKey(Message):
    """Selects one integration by exactly one of `id` and `name` (compared exactly).

    Fails with `integration.not_found`.
    """

    id: Id | None = None
    name: Text | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if len(self.keys()) != 1:
            raise ValueError("give exactly one of id, name")
        return self

    def keys(self) -> dict[str, Any]:
        """The key that is given."""
        return {name: value for name, value in (("id", self.id), ("name", self.name)) if value is not None}


class CreateIntegration(Command[IntegrationView]):
    """Create an integration.

    Names are unique and compared exactly. `secrets` are up to 4 texts of 1 to 255 characters, write-only and encrypted
    at rest. Fails with `integration.name_taken`, or `integration.no_key` where secrets are given and the worker has no
    USERBUS_ENCRYPTION_KEY.
    """

    name: Text
    secrets: Secrets = []


class UpdateIntegration(IntegrationKey, Command[IntegrationView]):
    """Replace the secrets of an integration; an empty list removes them.

    The name cannot be changed, since accounts refer to it. Fails with `integration.not_found`, `integration.no_key`.
    """

    secrets: Secrets


class GetIntegration(IntegrationKey, Query[IntegrationView]):
    """Find one integration.

    Fails with `integration.not_found`.
    """


class DeleteIntegration(IntegrationKey, Command[IntegrationView]):
    """Delete an integration at which no user has an account.

    Fails with `integration.not_found`, or `integration.in_use` where a user, soft-deleted or not, has an account there.
    """


class IntegrationChanged(IntegrationView, EventData):
    """An integration after a change, or as it was when deleted."""


IntegrationField = TypeAliasType("IntegrationField", Literal["id", "name", "created_at", "updated_at"])


class SearchIntegrations(Search[IntegrationField, IntegrationPage]):
    """Return one page of integrations that meet every condition; see `Search` for paging and errors."""


FAMILY: Family = "account"
REQUESTS: Requests = {
    "integration.create": CreateIntegration,
    "integration.update": UpdateIntegration,
    "integration.get": GetIntegration,
    "integration.search": SearchIntegrations,
    "integration.delete": DeleteIntegration,
}
EVENTS: Events = {
    "integration.created": IntegrationChanged,
    "integration.updated": IntegrationChanged,
    "integration.deleted": IntegrationChanged,
}
