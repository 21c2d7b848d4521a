"""Resources: what can be allowed, for example a page or a button of an app."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Events, Requests
from contracts.rows import AppKey, RowChange, RowInApp, RowView
from contracts.search import Listing, Page, Search
from contracts.types import Blank, Id, Text

ResourceField = TypeAliasType(
    "ResourceField", Literal["id", "app_id", "code", "resource_type_id", "detail", "created_at", "updated_at"]
)


class CreateResource(Command):
    """Create a resource.

    Refused, in this order, as `app.not_found`, `resource_type.not_found`, `resource.code_taken` (codes are unique in
    their app).
    """

    app_id: Id
    code: Text
    resource_type_id: Id
    detail: Blank = ""


class UpdateResource(RowChange):
    """Change what is given; null leaves as it is.

    Refused, in this order, as `resource.not_found`, `app.not_found`, `resource_type.not_found`,
    `resource.code_taken`.
    """

    app_id: Id | None = None
    resource_type_id: Id | None = None
    detail: Blank | None = None


class DeleteResource(Command):
    """Delete a resource with its links to roles."""

    id: Id


class GetResource(RowInApp):
    """Find one resource by `id`, or by `app` and `code`. Refused as `resource.not_found`, `app.not_found`."""


class SearchResources(Search[ResourceField]):
    """One page of resources; paging as `Search` says."""


class ResourcesOfUser(Listing[ResourceField]):
    """What a user may use through its own live roles and those of its groups, each once, of one `app` or of all.

    Refused as `user.not_found`, `app.not_found`.
    """

    user_id: Id
    app: AppKey | None = None


class ResourcesOfRole(Listing[ResourceField]):
    """The resources of a live role. Refused as `role.not_found`."""

    role_id: Id


class ResourcesOfApp(Listing[ResourceField]):
    """The resources of an app. Refused as `app.not_found`."""

    app: AppKey


class ResourceView(RowView):
    """A resource."""

    app_id: int
    resource_type_id: int
    detail: str


class ResourcePage(Page[ResourceView]):
    """A page or a listing of resources."""


REQUESTS: Requests = {
    "resource.create": (CreateResource, ResourceView),
    "resource.update": (UpdateResource, ResourceView),
    "resource.get": (GetResource, ResourceView),
    "resource.search": (SearchResources, ResourcePage),
    "resource.delete": (DeleteResource, Deleted),
    "resource.of_user": (ResourcesOfUser, ResourcePage),
    "resource.of_role": (ResourcesOfRole, ResourcePage),
    "resource.of_app": (ResourcesOfApp, ResourcePage),
}
EVENTS: Events = {
    "resource.created": ResourceView,
    "resource.updated": ResourceView,
    "resource.deleted": ResourceView,
}
