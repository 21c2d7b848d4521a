"""The query parameter `page` and the `pagination` that answers it (REST contract section 3.2)."""

from dataclasses import dataclass
from typing import Any

from bridge.dialect import Failure, Rejected
from bridge.dialects.rbac.fields import LARGEST
from bridge.dialects.rbac.filters import Columns
from bridge.dialects.rbac.sources import json_text
from bridge.fields import Fault, Field, Values, checked, integer

SIZE = 10
NUMBERS = (Field("pageNo", integer(1, LARGEST), required=False), Field("pageSize", integer(1, 1000), required=False))
BAD_NUMBER = {
    "pageNo": Failure(400, "pageNo must be a positive integer"),
    "pageSize": Failure(400, "pageSize must be an integer from 1 to 1000"),
}
BAD_ORDER = Failure(400, "order must be asc or desc")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of which order: `order` has a direction (ASC or DESC) by the field's shown name, first come first."""

    number: int
    size: int
    order: dict[str, str]

    def cut(self) -> Values:
        """The page as the bus wants it."""
        return {"page": self.number, "size": self.size}

    def sort(self, columns: Columns) -> list[Values]:
        """The order as the bus wants it."""
        return [{"field": columns[name].to, "direction": way.lower()} for name, way in self.order.items()]

    def answer(self, total: int) -> dict[str, Any]:
        """The pagination of an answer."""
        return {
            "total": total,
            "totalPage": -(-total // self.size),
            "pageNo": self.number,
            "pageSize": self.size,
            "orderBy": [*self.order],
            "order": [*self.order.values()],
        }


def first_page() -> Paging:
    """What is shown where no page is asked for."""
    return Paging(1, SIZE, {"id": "ASC"})


def paging(columns: Columns, text: str) -> Paging:
    """The page that is asked for; raises Rejected."""
    given = json_text("page", text)
    try:
        numbers = checked(NUMBERS, given)
    except Fault as fault:
        raise Rejected(BAD_NUMBER[fault.at]) from None
    default = first_page()
    order = _order(columns, given) or default.order
    return Paging(numbers.get("pageNo", default.number), numbers.get("pageSize", default.size), order)


def _order(columns: Columns, given: Values) -> dict[str, str]:
    names = _listed(given.get("orderBy"), Failure(400, "invalid value for orderBy"))
    ways = [way.upper() for way in _listed(given.get("order"), BAD_ORDER)]
    for name in names:
        if name not in columns:
            raise Rejected(Failure(400, f"unknown field: {name}"))
    if not {*ways} <= {"ASC", "DESC"}:
        raise Rejected(BAD_ORDER)
    order: dict[str, str] = {}
    for at, name in enumerate(names):
        order.setdefault(name, ways[at] if at < len(ways) else "DESC")
    return order


def _listed(given: Any, wrong: Failure) -> list[str]:
    if given is None or given == "":
        return []
    texts = given.split(",") if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Rejected(wrong)
    return [text.strip() for text in texts]
