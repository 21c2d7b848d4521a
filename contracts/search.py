"""Searching: conditions, order and pages, one shape for every noun."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field

from contracts.base import Query, View

F = TypeVar("F", bound=str)
V = TypeVar("V", bound=View)
Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "notin", "between", "like", "notlike", "is", "not"]
PageNumber = Annotated[int, Field(ge=1, le=9_007_199_254_740_991)]
PageSize = Annotated[int, Field(ge=1, le=1000)]


class Condition(Query, Generic[F]):
    """One condition; `like` means "contains"; texts compare without regard to letter case unless `fold` is false.

    `in` and `notin` take a list, `between` a list of two (both ends included); `is` and `not` take null (empty,
    not empty) or a value. Times are ISO-8601 texts. A list (`role_ids`) meets a condition where one of its members
    does, `ne` and `notin` where all do. Refused as `search.value_invalid`.
    """

    field: F
    op: Operator = "eq"
    value: Any = None
    fold: bool = True


class Order(Query, Generic[F]):
    """One sort key; a field that holds a list (`role_ids`) is none (`search.value_invalid`)."""

    field: F
    direction: Literal["asc", "desc"] = "asc"


class Sifted(Query, Generic[F]):
    """What meets every condition, sorted; ties by ascending id."""

    filter: Annotated[list[Condition[F]], Field(max_length=100)] = []
    sort: Annotated[list[Order[F]], Field(max_length=10)] = []


class Search(Sifted[F], Generic[F]):
    """One page of what meets every condition, sorted; ties by ascending id.

    Either `page` (from 1) or `after` (the `next` of the page before: keyset, equally fast everywhere); `size` 1 to
    1000. `count` false leaves `total` null, which spares a count of the whole result.
    """

    page: PageNumber = 1
    size: PageSize = 20
    after: Annotated[str, Field(max_length=32_768)] | None = None
    count: bool = True


class Listing(Sifted[F], Generic[F]):
    """All that belongs to one row and meets every condition, sorted; cut to pages only where `page` is given."""

    page: PageNumber | None = None
    size: PageSize = 20


class Page(View, Generic[V]):
    """A page; `next` is the cursor of the following one, null on the last one and in listings."""

    items: list[V]
    total: int | None
    page: int
    size: int
    next: str | None
