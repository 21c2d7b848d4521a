"""Resources: what roles give access to, such as the pages and buttons of an app."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Events, Family, Query, Requests
from contracts.coded import AppKey, CodedChange, CodedInAppKey, CodedView
from contracts.search import Listing, Page, Search
from contracts.types import Blank, Id, Text

ResourceField = TypeAliasType(
    "ResourceField", Literal["id", "app_id", "code", "resource_type_id", "detail", "created_at", "updated_at"]
)


class ResourceView(CodedView):
    """A resource."""

    app_id: int
    resource_type_id: int
    detail: str


class ResourcePage(Page[ResourceView]):
    """A page or a listing of resources."""


class CreateResource(Command[ResourceView]):
    """Create a resource.

    Fails, in this order, with `app.not_found`, `resource_type.not_found`, `resource.code_taken` (codes are unique in
    their app).
    """

    app_id: Id
    code: Text
    resource_type_id: Id
    detail: Blank = ""


class UpdateResource(CodedChange, Command[ResourceView]):
    """Change a resource; null leaves a field as it is.

    Fails, in this order, with `resource.not_found`, `app.not_found`, `resource_type.not_found`, `resource.code_taken`.
    """

    app_id: Id | None = None
    resource_type_id: Id | None = None
    detail: Blank | None = None


class DeleteResource(Command[Deleted]):
    """Delete a resource with its links to roles.

    An unknown id deletes 0.
    """

    id: Id


class GetResource(CodedInAppKey, Query[ResourceView]):
    """Find one resource by `id`, or by `app` and `code`.

    Fails with `resource.not_found`, `app.not_found`.
    """


class SearchResources(Search[ResourceField, ResourcePage]):
    """Return one page of resources that meet every condition; see `Search` for paging and errors."""


class ResourcesOfUser(Listing[ResourceField, ResourcePage]):
    """List what a user may use through its own live roles and those of its groups, of one `app` or of all.

    Each resource is listed once. Fails with `user.not_found`, `app.not_found`, `search.value_invalid`.
    """

    user_id: Id
    app: AppKey | None = None


class ResourcesOfRole(Listing[ResourceField, ResourcePage]):
    """List the resources of a live role.

    Fails with `role.not_found`, `search.value_invalid`.
    """

    role_id: Id


class ResourcesOfApp(Listing[ResourceField, ResourcePage]):
    """List the resources of an app.

    Fails with `app.not_found`, `search.value_invalid`.
    """

    app: AppKey


FAMILY: Family = "role"
REQUESTS: Requests = {
    "resource.create": CreateResource,
    "resource.update": UpdateResource,
    "resource.get": GetResource,
    "resource.search": SearchResources,
    "resource.delete": DeleteResource,
    "resource.of_user": ResourcesOfUser,
    "resource.of_role": ResourcesOfRole,
    "resource.of_app": ResourcesOfApp,
}
EVENTS: Events = {
    "resource.created": ResourceView,
    "resource.updated": ResourceView,
    "resource.deleted": ResourceView,
}
