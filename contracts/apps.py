"""Apps: whose groups, roles and resources there are."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Events, Requests
from contracts.rows import NewRow, RowChange, RowKey, RowView
from contracts.search import Page, Search
from contracts.types import Id, Text

AppField = TypeAliasType("AppField", Literal["id", "code", "name", "created_at", "updated_at"])


class CreateApp(NewRow):
    """Create an app; codes are unique and compared exactly (`app.code_taken`)."""


class UpdateApp(RowChange):
    """Change code or name; null leaves as it is. Refused as `app.not_found`, `app.code_taken`."""

    name: Text | None = None


class DeleteApp(Command):
    """Delete an app with its groups, roles and resources and all links to them, in one step.

    Each of them has its own `deleted` event. Refused as `role.admin_protected` where an administrator role is among
    them.
    """

    id: Id


class GetApp(RowKey):
    """Find one app by exactly one of `id` and `code`. Refused as `app.not_found`."""


class SearchApps(Search[AppField]):
    """One page of apps; paging as `Search` says."""


class AppView(RowView):
    """An app."""

    name: str


class AppPage(Page[AppView]):
    """A page of apps."""


REQUESTS: Requests = {
    "app.create": (CreateApp, AppView),
    "app.update": (UpdateApp, AppView),
    "app.get": (GetApp, AppView),
    "app.search": (SearchApps, AppPage),
    "app.delete": (DeleteApp, Deleted),
}
EVENTS: Events = {"app.created": AppView, "app.updated": AppView, "app.deleted": AppView}
