"""Integrations: the systems at which users have notification accounts."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from typing_extensions import TypeAliasType

from contracts.base import Command, Event, Events, Message, Query, Requests, View
from contracts.search import Page, Search
from contracts.types import Id, Text, Timestamp, plain


def _secret(secret: SecretStr) -> SecretStr:
    plain(secret.get_secret_value())
    return secret


Secret = Annotated[SecretStr, Field(min_length=1, max_length=255), AfterValidator(_secret)]
Secrets = Annotated[list[Secret], Field(max_length=4)]


class OfIntegration(Message):
    """One integration by exactly one of `id` and `name` (compared exactly). Refused as `integration.not_found`."""

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


class CreateIntegration(Command):
    """Create an integration; names are unique and compared exactly (`integration.name_taken`).

    At most 4 secrets of 1 to 255 characters: write-only, encrypted at rest. Without an encryption key on the worker
    (USERBUS_ENCRYPTION_KEY) they are refused as `integration.no_key`.
    """

    name: Text
    secrets: Secrets = []


class UpdateIntegration(OfIntegration, Command):
    """Replace the secrets; an empty list forgets them. The name stays: it is what accounts refer to."""

    secrets: Secrets


class GetIntegration(OfIntegration, Query):
    """Find one integration."""


class DeleteIntegration(OfIntegration, Command):
    """Delete an integration of which nobody, soft-deleted users included, has an account (`integration.in_use`)."""


class IntegrationView(View):
    """An integration; of its secrets only the number is told."""

    id: int
    name: str
    secret_count: int
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class IntegrationChanged(IntegrationView, Event):
    """An integration after a change, or as it was when deleted."""


IntegrationField = TypeAliasType("IntegrationField", Literal["id", "name", "created_at", "updated_at"])


class SearchIntegrations(Search[IntegrationField]):
    """Integrations that meet every condition, sorted (ties by ascending id), one page; paging as `Search` says."""


class IntegrationPage(Page[IntegrationView]):
    """A page of integrations."""


REQUESTS: Requests = {
    "integration.create": (CreateIntegration, IntegrationView),
    "integration.update": (UpdateIntegration, IntegrationView),
    "integration.get": (GetIntegration, IntegrationView),
    "integration.search": (SearchIntegrations, IntegrationPage),
    "integration.delete": (DeleteIntegration, IntegrationView),
}
EVENTS: Events = {
    "integration.created": IntegrationChanged,
    "integration.updated": IntegrationChanged,
    "integration.deleted": IntegrationChanged,
}
