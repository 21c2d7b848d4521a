"""Search the audit trail: who did what, when, to whom, from where, with which outcome."""

from datetime import UTC, datetime

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, show
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


def read_time(text: str) -> datetime | str:
    """A time as a browser's field gives it, in UTC; what is none is left to the contract to refuse."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


PAGE = ConsolePage("Audit", (show("/audit", search_audit),))
