"""Apps, which own groups, roles and resources."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Events, Family, Query, Requests
from contracts.coded import CodedChange, CodedKey, CodedView, NewCoded
from contracts.search import Page, Search
from contracts.types import Id, Text

AppField = TypeAliasType("AppField", Literal["id", "code", "name", "created_at", "updated_at"])


class AppView(CodedView):
    """An app."""

    name: str


class AppPage(Page[AppView]):
    """A page of apps."""


class CreateApp(NewCoded, Command[AppView]):
    """Create an app.

    Codes are unique and compared exactly. Fails with `app.code_taken`.
    """


class UpdateApp(CodedChange, Command[AppView]):
    """Change the code or name of an app; null leaves a field as it is.

    Fails with `app.not_found`, `app.code_taken`.
    """

    name: Text | None = None


class DeleteApp(Command[Deleted]):
    """Delete an app with its groups, roles and resources and all links to them.

    Each of them has its own `deleted` event. An unknown id deletes 0. More than 5,000 owned rows are deleted in several
    transactions, the app itself in the last. Fails with `role.admin_protected` if the app owns an administrator role.
    """

    id: Id


class GetApp(CodedKey, Query[AppView]):
    """Find one app by exactly one of `id` and `code`.

    Fails with `app.not_found`.
    """


class SearchApps(Search[AppField, AppPage]):
    """Return one page of apps that meet every condition; see `Search` for paging and errors."""


FAMILY: Family = "role"
REQUESTS: Requests = {
    "app.create": CreateApp,
    "app.update": UpdateApp,
    "app.get": GetApp,
    "app.search": SearchApps,
    "app.delete": DeleteApp,
}
EVENTS: Events = {"app.created": AppView, "app.updated": AppView, "app.deleted": AppView}
