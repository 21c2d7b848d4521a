"""Searches: conditions, sort order and pages, the same for every noun."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field

from contracts.base import Message, Query, R_co, View

F = TypeVar("F", bound=str)
V = TypeVar("V", bound=View)
Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "notin", "between", "like", "notlike", "is", "not"]
PageNumber = Annotated[int, Field(ge=1, le=9_007_199_254_740_991)]
PageSize = Annotated[int, Field(ge=1, le=1000)]


class Condition(Message, Generic[F]):
    """One condition on a field; fails with `search.value_invalid` where operator and value do not fit.

    `like` means "contains"; in a large store a text of fewer than three bytes takes long, or is refused (`search.busy`,
    `store.busy`), unless many rows have it. `in` and `notin` take a list, `between` a list of two (both ends included),
    `is` and `not` null (empty, not empty) or a value. Texts are compared without regard to letter case unless `fold` is
    false; times are ISO 8601 texts. A list field (`role_ids`) meets a condition if one of its members does, `ne` and
    `notin` if all do.
    """

    field: F
    op: Operator = "eq"
    value: Any = None
    fold: bool = True


class Order(Message, Generic[F]):
    """One sort key; a list field (`role_ids`) cannot be one (`search.value_invalid`)."""

    field: F
    direction: Literal["asc", "desc"] = "asc"


class Filtered(Message, Generic[F]):
    """Selects what meets every condition, and sorts it; ties by ascending id."""

    filter: Annotated[list[Condition[F]], Field(max_length=100)] = []
    sort: Annotated[list[Order[F]], Field(max_length=10)] = []


class Search(Filtered[F], Query[R_co], Generic[F, R_co]):
    """Return one page of what meets every condition, sorted; ties by ascending id.

    Give either `page` (from 1; the cost grows with the number of results between the page and the nearer end) or
    `after` (the `next` of the page before; as fast at the end as at the beginning).
    `size` is 1 to 1000. `count` false leaves `total` null and saves counting the whole result. Fails with
    `search.value_invalid`, `search.cursor_invalid`.
    """

    page: PageNumber = 1
    size: PageSize = 20
    after: Annotated[str, Field(max_length=32_768)] | None = None
    count: bool = True


class Listing(Filtered[F], Query[R_co], Generic[F, R_co]):
    """List all that meets every condition, sorted; divided into pages only if `page` is given."""

    page: PageNumber | None = None
    size: PageSize = 20


class Page(View, Generic[V]):
    """One page; `next` is the cursor of the following page, null on the last page and in listings."""

    items: list[V]
    total: int | None
    page: int
    size: int
    next: str | None
