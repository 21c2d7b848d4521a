"""Resource types: what kinds of things roles give access to, for example pages and buttons."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Events, Requests
from contracts.rows import NewRow, RowChange, RowKey, RowView
from contracts.search import Page, Search
from contracts.types import Id, Text

ResourceTypeField = TypeAliasType("ResourceTypeField", Literal["id", "code", "name", "created_at", "updated_at"])


class CreateResourceType(NewRow):
    """Create a resource type; codes are unique and compared exactly (`resource_type.code_taken`)."""


class UpdateResourceType(RowChange):
    """Change code or name; null leaves as it is. Refused as `resource_type.not_found`, `resource_type.code_taken`."""

    name: Text | None = None


class DeleteResourceType(Command):
    """Delete a resource type with its resources and all links to them, in one step; each has its `deleted` event."""

    id: Id


class GetResourceType(RowKey):
    """Find one resource type by exactly one of `id` and `code`. Refused as `resource_type.not_found`."""


class SearchResourceTypes(Search[ResourceTypeField]):
    """One page of resource types; paging as `Search` says."""


class ResourceTypeView(RowView):
    """A resource type."""

    name: str


class ResourceTypePage(Page[ResourceTypeView]):
    """A page of resource types."""


REQUESTS: Requests = {
    "resource_type.create": (CreateResourceType, ResourceTypeView),
    "resource_type.update": (UpdateResourceType, ResourceTypeView),
    "resource_type.get": (GetResourceType, ResourceTypeView),
    "resource_type.search": (SearchResourceTypes, ResourceTypePage),
    "resource_type.delete": (DeleteResourceType, Deleted),
}
EVENTS: Events = {
    "resource_type.created": ResourceTypeView,
    "resource_type.updated": ResourceTypeView,
    "resource_type.deleted": ResourceTypeView,
}
