"""Search the audit trail: who did what, when, to whom, from where, with which outcome."""

from starlette.responses import Response

from bridge.console.named_users import find_named_users, is_number
from bridge.console.page import ConsolePage, PageRequest, read_time, show
from contracts.audit import SearchAudit

SIZE = 100
TIMES = ("since", "until")
MARKS = {"subject": "/", "actor": ":"}  # a text without is that of a user, as on the command line
FIELDS = ("subject", "actor", "name", "message_id", "after", *TIMES)


async def search_audit(request: PageRequest) -> Response:
    """List the entries that meet every condition given, the newest first, a page at a time."""
    given = {name: value for name, value in request.query.items() if name in FIELDS}
    for name in (name for name, mark in MARKS.items() if mark not in given.get(name, mark)):
        number = await _find_number(request, given[name])
        if number is None:
            return request.render("audit.html", entries=[], unknown=given[name])
        given[name] = f"user{MARKS[name]}{number}"
    times = {name: read_time(given[name]) for name in TIMES if name in given}
    page = await request.ask(
        SearchAudit.model_validate({**given, **times, "locked": "locked" in request.query, "size": SIZE})
    )
    return request.render("audit.html", entries=page.items, after=page.next, unknown=None)


async def _find_number(request: PageRequest, text: str) -> int | None:
    """The number of the one user that the text names, which may be that of an erased one, or None."""
    found = await find_named_users(request, text)
    if is_number(text) and (int(text) in found or not found):
        return int(text)
    return next(iter(found)) if len(found) == 1 else None


PAGE = ConsolePage("Audit", (show("/audit", search_audit),))
