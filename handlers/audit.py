"""The audit trail of commands."""

from dataclasses import asdict

from contracts.audit import AuditBreak, AuditEntry, AuditPage, AuditVerdict, SearchAudit, VerifyAudit
from handlers.handler import Handlers
from models.audit import AuditConditions, find_entries
from models.audit_check import AuditCheck, BrokenAt
from models.store.client import BsonDict
from models.unit_of_work import UnitOfWork

LINKS = 10  # a query, of up to 500 entries each


def entry_view(row: BsonDict) -> AuditEntry:
    """The view of a journal entry."""
    known = {name: row.get(name) for name in AuditEntry.model_fields}
    return AuditEntry.model_validate(known | {"message_id": row["_id"], "subjects": row.get("subjects", [])})


async def search_audit(query: SearchAudit, unit: UnitOfWork) -> AuditPage:
    """Find one page of entries."""
    conditions = AuditConditions(**query.model_dump(exclude={"size", "after"}))
    page = await find_entries(unit.dependencies.store, conditions, query.size, query.after)
    return AuditPage(items=[entry_view(row) for row in page.items], next=page.next)


async def verify_audit(query: VerifyAudit, unit: UnitOfWork) -> AuditVerdict:
    """Check the next links of the audit chain; the newest one's seal with the last of them."""
    check = AuditCheck(unit.dependencies.store, unit.dependencies.keys)
    report = await check.check_part(query.after, query.head, LINKS)
    return AuditVerdict(
        links=report.links,
        entries=report.entries,
        next=report.next,
        broken=_break_view(report.broken),
        head=report.head,
    )


def _break_view(broken: BrokenAt | None) -> AuditBreak | None:
    return AuditBreak(**asdict(broken)) if broken else None


HANDLERS: Handlers = {"audit.search": search_audit, "audit.verify": verify_audit}
