"""Who did what, when, to whom, with which outcome: the audit trail of commands."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.base import Events, Family, Query, Requests, View
from contracts.search import PageSize
from contracts.types import Text, Timestamp


class AuditEntry(View):
    """One command.

    `subjects` are what its events are about (`user/42`), the first 100 of them; `outcome` is `done` or the code of the
    problem, null in entries of earlier versions. `caller` is the sender's RabbitMQ user, `actor` for whom it was sent,
    `client_address` the network address of the HTTP client, null once the person has been erased.
    """

    personal: ClassVar = frozenset({"client_address"})
    message_id: str
    name: str
    at: Timestamp
    outcome: str | None
    app_id: str | None
    caller: str | None
    actor: str | None
    client_address: str | None
    subjects: list[str]


class AuditPage(View):
    """Entries, the newest first; `next` is the cursor of the following page, null on the last one."""

    items: list[AuditEntry]
    next: str | None


class SearchAudit(Query[AuditPage]):
    """Return a page of the audit trail, of the entries that meet every condition given, the newest first.

    `since` is included, `until` is not. `after` is the `next` of the page before. A command that was refused has no
    events and so no subject, except a failed sign-in. Entries are kept for as long as the workers' setting says. Fails
    with `search.cursor_invalid`.
    """

    subject: Text | None = None
    actor: Text | None = None
    name: Text | None = None
    message_id: Text | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    size: PageSize = 100
    after: Annotated[str, Field(max_length=32_768)] | None = None


FAMILY: Family = "auth"
REQUESTS: Requests = {"audit.search": SearchAudit}
EVENTS: Events = {}
