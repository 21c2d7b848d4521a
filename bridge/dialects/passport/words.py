"""What users and roles of passport have in common: fields, times, pages, and the documents' words for them."""

from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bridge.body import form_or_json, query
from bridge.dialect import Ask, Failure, Rejected
from bridge.fields import Field, Values, integer, longest, printable, text
from bridge.schema import FLAG, INTEGER, Shown, exactly, many

LARGEST = 2**31 - 1
# No row has this number: what names nothing is sent as it, so that the worker refuses it in its place among the checks.
NOBODY = 2**53 - 1

BAD_STATUS = Failure(200, "status 参数错误！", 30001)
ROLE_UNKNOWN = Failure(200, "角色不存在！", 3000001)
ROLE_PROTECTED = Failure(200, "超级管理员不允许修改！", 3000002)

WHOLE = integer(-LARGEST - 1, LARGEST, bits=32, decimal=True)
LINE = text(printable)
NAME = text(printable, longest(50))

required = partial(Field, absent=(None, ""))
optional = partial(Field, absent=(None, ""), required=False)

ID = required("id", WHOLE)
STATUS = optional("status", WHOLE)
PAGE = optional("p", integer(1, LARGEST, bits=32, decimal=True), to="page")

MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"}


def parameters(ask: Ask) -> Values:
    """The query and, but for GET, the body, which wins."""
    return query(ask) if ask.method == "GET" else query(ask) | form_or_json(ask)


def known(values: Values, unknown: Failure) -> Values:
    """The values; a number that no row can have is nobody's."""
    if values.get("id", 1) < 1:
        raise Rejected(unknown)
    return values


def times(zone: ZoneInfo, updated: datetime, created: datetime) -> dict[str, str]:
    """When something was changed and made."""
    return {"mtime": _time(zone, updated), "ctime": _time(zone, created)}


def page(view: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A page of rows."""
    total = view.total or 0
    following = int(view.page * view.size < total)
    return {"p": view.page, "size": view.size, "total": total, "next": following, "list": rows}


def pages_of(row: Any) -> dict[str, Any]:
    """The schema of a page."""
    return exactly(p=INTEGER, size=INTEGER, total=INTEGER, next=FLAG, list=many(Shown(row)))


def _time(zone: ZoneInfo, moment: datetime) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
