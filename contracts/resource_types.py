"""Resource types: kinds of resources, such as pages and buttons."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Events, Family, Query, Requests
from contracts.coded import CodedChange, CodedKey, CodedView, NewCoded
from contracts.search import Page, Search
from contracts.types import Id, Text

ResourceTypeField = TypeAliasType("ResourceTypeField", Literal["id", "code", "name", "created_at", "updated_at"])


class ResourceTypeView(CodedView):
    """A resource type."""

    name: str


class ResourceTypePage(Page[ResourceTypeView]):
    """A page of resource types."""


class CreateResourceType(NewCoded, Command[ResourceTypeView]):
    """Create a resource type.

    Codes are unique and compared exactly. Fails with `resource_type.code_taken`.
    """


class UpdateResourceType(CodedChange, Command[ResourceTypeView]):
    """Change the code or name of a resource type; null leaves a field as it is.

    Fails with `resource_type.not_found`, `resource_type.code_taken`.
    """

    name: Text | None = None


class DeleteResourceType(Command[Deleted]):
    """Delete a resource type with its resources and all links to them; each has its own `deleted` event.

    An unknown id deletes 0. More than 5,000 resources are deleted in several transactions, the type in the last.
    """

    id: Id


class GetResourceType(CodedKey, Query[ResourceTypeView]):
    """Find one resource type by exactly one of `id` and `code`.

    Fails with `resource_type.not_found`.
    """


class SearchResourceTypes(Search[ResourceTypeField, ResourceTypePage]):
    """Return one page of resource types that meet every condition; see `Search` for paging and errors."""


FAMILY: Family = "role"
REQUESTS: Requests = {
    "resource_type.create": CreateResourceType,
    "resource_type.update": UpdateResourceType,
    "resource_type.get": GetResourceType,
    "resource_type.search": SearchResourceTypes,
    "resource_type.delete": DeleteResourceType,
}
EVENTS: Events = {
    "resource_type.created": ResourceTypeView,
    "resource_type.updated": ResourceTypeView,
    "resource_type.deleted": ResourceTypeView,
}
