"""Translation of queries to searches in the models."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from contracts.base import View
from contracts.search import Listing, Page, Search
from models.store.client import BsonDict
from models.store.conditions import SearchField
from models.store.search import ResultPage, SearchSpec, Where

P = TypeVar("P", bound=Page[Any])


def search_spec(
    query: Search[Any, Any] | Listing[Any, Any], fields: Mapping[str, SearchField], base: BsonDict
) -> SearchSpec:
    """The search that a query requests among the rows that meet `base`."""
    return SearchSpec(
        fields=fields,
        base=base,
        where=[Where(each.field, each.op, each.value, each.fold) for each in query.filter],
        sort=[(order.field, 1 if order.direction == "asc" else -1) for order in query.sort],
        page=query.page or 1,
        size=query.size,
        after=getattr(query, "after", None),
        count=getattr(query, "count", True),
    )


def page_view(contract: type[P], items: Sequence[View], result: ResultPage[Any], query: Search[Any, Any]) -> P:
    """The page that answers a search, with the views of its items."""
    return contract(items=[*items], total=result.total, page=query.page, size=query.size, next=result.next)
