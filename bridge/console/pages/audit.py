"""Search the audit trail: who did what, when, to whom, from where, with which outcome."""

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, read_time, show
from contracts.audit import SearchAudit

SIZE = 100
TIMES = ("since", "until")
FIELDS = ("subject", "actor", "name", "message_id", "after", *TIMES)


async def search_audit(request: PageRequest) -> Response:
    """List the entries that meet every condition given, the newest first, a page at a time."""
    given = {name: value for name, value in request.query.items() if name in FIELDS}
    times = {name: read_time(given[name]) for name in TIMES if name in given}
    page = await request.ask(
        SearchAudit.model_validate({**given, **times, "locked": "locked" in request.query, "size": SIZE})
    )
    return request.render("audit.html", entries=page.items, after=page.next)


PAGE = ConsolePage("Audit", (show("/audit", search_audit),))
