"""The audit trail: what the journal tells of past commands."""

from dataclasses import dataclass
from datetime import datetime

from models.store.client import BsonDict, Store
from models.store.conditions import number_field, time_field
from models.store.search import ResultPage, SearchSpec, find_page

MAX_SUBJECTS = 100
FIELDS = {"message_id": number_field("message_id", "_id"), "at": time_field("at")}
SHAPE: BsonDict = {
    **dict.fromkeys(("name", "at", "outcome", "locked_until", "app_id", "caller", "actor", "client_address"), 1),
    "subjects": {"$slice": MAX_SUBJECTS},
}


@dataclass(frozen=True, slots=True)
class AuditConditions:
    """Which entries to find; None stands for any. `locked` are the failed sign-ins that have locked an identifier.

    `since` is included, `until` is not.
    """

    subject: str | None = None
    actor: str | None = None
    name: str | None = None
    message_id: str | None = None
    locked: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def to_filter(self) -> BsonDict:
        """Return the filter of the journal's collection; the further parts of long entries have no name."""
        given = {"subjects": self.subject, "actor": self.actor, "name": self.name, "_id": self.message_id}
        bounds = {"$gte": self.since, "$lt": self.until}
        found: BsonDict = {"name": {"$gt": ""}} | {path: value for path, value in given.items() if value is not None}
        times = {operator: bound for operator, bound in bounds.items() if bound is not None}
        found |= {"locked_until": {"$exists": True}} if self.locked else {}
        return found | ({"at": times} if times else {})


async def find_entries(
    store: Store, conditions: AuditConditions, size: int, after: str | None = None
) -> ResultPage[BsonDict]:
    """Find a page of entries, the newest first. Raises `CursorInvalid`."""
    search = SearchSpec(
        fields=FIELDS,
        base=conditions.to_filter(),
        sort=[("at", -1)],
        size=size,
        after=after,
        count=False,
        shape=SHAPE,
    )
    return await find_page(store.collection("journal"), search)
