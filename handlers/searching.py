"""A query's conditions and order in the words of the models."""

from collections.abc import Mapping
from typing import Any

from contracts.search import Listing, Search
from models import search
from models.conditions import Field
from models.store import Row


def search_of(query: Search[Any] | Listing[Any], fields: Mapping[str, Field], base: Row) -> search.Search:
    """The search that a query asks for among the rows that meet `base`."""
    return search.Search(
        fields=fields,
        base=base,
        where=[search.Where(given.field, given.op, given.value, given.fold) for given in query.filter],
        sort=[(order.field, 1 if order.direction == "asc" else -1) for order in query.sort],
        page=query.page or 1,
        size=query.size,
        after=getattr(query, "after", None),
        count=getattr(query, "count", True),
    )
