"""The query parameter `page` and the `pagination` of a response."""

from dataclasses import dataclass
from typing import Any

from bridge.dialects.rbac.fields import MAX_ID
from bridge.dialects.rbac.filters import Columns
from bridge.dialects.rbac.parameters import parse_object
from bridge.rest.checks import integer
from bridge.rest.dialect import DialectError, Failure
from bridge.rest.fields import FieldError, InputField, Values, check_fields

PAGE_SIZE = 10
NUMBERS = (
    InputField("pageNo", integer(1, MAX_ID), required=False),
    InputField("pageSize", integer(1, 1000), required=False),
)
BAD_NUMBER = {
    "pageNo": Failure(400, "pageNo must be a positive integer"),
    "pageSize": Failure(400, "pageSize must be an integer from 1 to 1000"),
}
BAD_FIELD = Failure(400, "invalid value for orderBy")
BAD_ORDER = Failure(400, "order must be asc or desc")


@dataclass(frozen=True, slots=True)
class Paging:
    """A page of a sorted list; `order` maps names of shown fields to ASC or DESC, the most significant first."""

    number: int
    size: int
    order: dict[str, str]

    def bus_page(self) -> Values:
        """The page for the bus."""
        return {"page": self.number, "size": self.size}

    def bus_sort(self, columns: Columns) -> list[Values]:
        """The order for the bus."""
        return [{"field": columns[name].bus_name, "direction": way.lower()} for name, way in self.order.items()]

    def pagination(self, total: int) -> dict[str, Any]:
        """The pagination of a response."""
        return {
            "total": total,
            "totalPage": -(-total // self.size),
            "pageNo": self.number,
            "pageSize": self.size,
            "orderBy": [*self.order],
            "order": [*self.order.values()],
        }


def first_page() -> Paging:
    """The default."""
    return Paging(1, PAGE_SIZE, {"id": "ASC"})


def requested_page(columns: Columns, text: str) -> Paging:
    """The page that a query asks for; raises DialectError."""
    given = parse_object("page", text)
    try:
        numbers = check_fields(NUMBERS, given)
    except FieldError as error:
        raise DialectError(BAD_NUMBER[error.path]) from None
    default = first_page()
    order = _order(columns, given) or default.order
    return Paging(numbers.get("pageNo", default.number), numbers.get("pageSize", default.size), order)


def _order(columns: Columns, given: Values) -> dict[str, str]:
    names = _texts(given.get("orderBy"), BAD_FIELD)
    ways = [way.upper() for way in _texts(given.get("order"), BAD_ORDER)]
    for name in names:
        if name not in columns:
            raise DialectError(Failure(400, f"unknown field: {name}"))
    if not {*ways} <= {"ASC", "DESC"}:
        raise DialectError(BAD_ORDER)
    order: dict[str, str] = {}
    for index, name in enumerate(names):
        order.setdefault(name, ways[index] if index < len(ways) else "DESC")
    return order


def _texts(given: Any, failure: Failure) -> list[str]:
    if given is None or given == "":
        return []
    texts = given.split(",") if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise DialectError(failure)
    return [text.strip() for text in texts]
