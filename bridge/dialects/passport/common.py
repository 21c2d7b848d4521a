"""Fields, times and pages that users and roles of passport share, and their schemas."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bridge.rest.body import form_or_json, query_parameters
from bridge.rest.checks import integer, max_length, require_printable, text
from bridge.rest.dialect import CheckedRequest, DialectError, Failure, RawRequest
from bridge.rest.fields import InputField, Values
from bridge.rest.schema import FLAG, INTEGER, EmbeddedSchema, array_of, closed_object

MAX_INT32 = 2**31 - 1
# No record has this id: sent in place of what names nothing, it is refused by the worker in its turn among the checks.
UNUSED_ID = 2**53 - 1

BAD_STATUS = Failure(200, "status 参数错误！", 30001)
ROLE_UNKNOWN = Failure(200, "角色不存在！", 3000001)
ROLE_PROTECTED = Failure(200, "超级管理员不允许修改！", 3000002)

INT32 = integer(-MAX_INT32 - 1, MAX_INT32, bits=32, decimal=True)
LINE = text(require_printable)
NAME = text(require_printable, max_length(50))

required_field = partial(InputField, absent_values=(None, ""))
optional_field = partial(InputField, absent_values=(None, ""), required=False)

ID = required_field("id", INT32)
STATUS = optional_field("status", INT32)
PAGE = optional_field("p", integer(1, MAX_INT32, bits=32, decimal=True), bus_name="page")

TIME_SCHEMA = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"}


def parameters(raw: RawRequest) -> Values:
    """The query and, except for GET, the body, which has precedence."""
    return query_parameters(raw) if raw.method == "GET" else query_parameters(raw) | form_or_json(raw)


def require_possible_id(values: Values, unknown: Failure) -> Values:
    """Return the values; raises DialectError(unknown) for an id that no record can have."""
    if values.get("id", 1) < 1:
        raise DialectError(unknown)
    return values


def search_query(
    request: CheckedRequest, filters: Sequence[str], sort: list[dict[str, str]], folded: Sequence[str] = ()
) -> Values:
    """A page of the live records that equal the given filters, in any letter case for those that are `folded`."""
    values = request.values
    conditions = [{"field": key, "value": values[key], "fold": key in folded} for key in filters if key in values]
    paging: Values = {key: values[key] for key in ("page", "size") if key in values}
    return {"filter": conditions, "sort": sort} | paging


def page_body(view: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    """A page as searches return it."""
    total = view.total or 0
    has_next = int(view.page * view.size < total)
    return {"p": view.page, "size": view.size, "total": total, "next": has_next, "list": items}


def page_schema(item: Any) -> dict[str, Any]:
    """The schema of a page."""
    return closed_object(p=INTEGER, size=INTEGER, total=INTEGER, next=FLAG, list=array_of(EmbeddedSchema(item)))


def times(zone: ZoneInfo, updated: datetime, created: datetime) -> dict[str, str]:
    """The two times of a record."""
    return {"mtime": _local_time(zone, updated), "ctime": _local_time(zone, created)}


def _local_time(zone: ZoneInfo, moment: datetime) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
