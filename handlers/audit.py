"""The audit trail of commands."""

from contracts.audit import AuditEntry, AuditPage, SearchAudit
from handlers.handler import Handlers
from models.audit import AuditConditions, find_entries
from models.store.client import BsonDict
from models.unit_of_work import UnitOfWork


def entry_view(row: BsonDict) -> AuditEntry:
    """The view of a journal entry."""
    known = {name: row.get(name) for name in AuditEntry.model_fields}
    return AuditEntry.model_validate(known | {"message_id": row["_id"], "subjects": row.get("subjects", [])})


async def search_audit(query: SearchAudit, unit: UnitOfWork) -> AuditPage:
    """Find one page of entries."""
    conditions = AuditConditions(**query.model_dump(exclude={"size", "after"}))
    page = await find_entries(unit.dependencies.store, conditions, query.size, query.after)
    return AuditPage(items=[entry_view(row) for row in page.items], next=page.next)


HANDLERS: Handlers = {"audit.search": search_audit}
