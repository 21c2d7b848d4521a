"""Who did what, when, to whom, with which outcome: the audit trail of commands."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.base import Events, Family, Query, Requests, View
from contracts.search import PageSize
from contracts.types import Text, Timestamp


class AuditEntry(View):
    """One command.

    `subjects` are what it is about (`user/42`, `tenant/portal`), the first 100 of them; `outcome` is `done` or the code
    of the problem, null in entries of earlier versions. `locked_until` is for a failed sign-in that was one too many:
    until when it has locked the identifier. `caller` is the sender's RabbitMQ user, `actor` for whom it was sent,
    `client_address` the network address of the HTTP client, null once the person has been erased.
    """

    personal: ClassVar = frozenset({"client_address"})
    message_id: str
    name: str
    at: Timestamp
    outcome: str | None
    locked_until: Timestamp | None = None
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

    `locked` finds the failed sign-ins that have locked an identifier, and nothing else. `since` is included, `until` is
    not. `after` is the `next` of the page before. A command that was refused has no events and so no subject, except a
    failed sign-in. Entries are kept for as long as the workers' setting says. Fails with `search.cursor_invalid`.
    """

    subject: Text | None = None
    actor: Text | None = None
    name: Text | None = None
    message_id: Text | None = None
    locked: bool = False
    since: Timestamp | None = None
    until: Timestamp | None = None
    size: PageSize = 100
    after: Annotated[str, Field(max_length=32_768)] | None = None


class AuditBreak(View):
    """Where the audit trail and its chain differ first.

    `how` is `changed`, `removed` or `added`, of the entry `message_id`; or `chain`, if the chain itself was changed at
    link `link`, whose entries can no longer be vouched for.
    """

    how: Literal["changed", "removed", "added", "chain"]
    link: int
    message_id: str | None = None


class AuditVerdict(View):
    """What was checked: so many links of the audit chain, which seal so many entries.

    `next` is the `after` of the following part, null once the newest link was checked or something was found; `broken`
    is the first difference. `head` is the newest link and its digest, null while there is none.
    """

    links: int
    entries: int
    next: int | None
    broken: AuditBreak | None
    head: str | None


class VerifyAudit(Query[AuditVerdict]):
    """Compare the next links of the audit chain with the audit trail, and return the first difference.

    Begins with the oldest link, or after link `after`. `head` is one that was noted before: the chain must still
    have it.
    """

    after: Annotated[int, Field(ge=0)] | None = None
    head: Annotated[str, Field(pattern=r"^[0-9]{1,15}:[0-9a-f]{64}$")] | None = None


FAMILY: Family = "auth"
REQUESTS: Requests = {"audit.search": SearchAudit, "audit.verify": VerifyAudit}
EVENTS: Events = {}
