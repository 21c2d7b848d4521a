"""Scopes of service tokens: dialects, names of requests, and patterns of them."""

from collections.abc import Iterable
from fnmatch import filter as matching

from contracts.catalog import CATALOG
from contracts.nearest import nearest_names
from contracts.tokens import DIALECTS
from models.errors.auth import ScopeUnknown


def refuse_unknown_scopes(scopes: Iterable[str]) -> None:
    """Raise `ScopeUnknown`, with the nearest scopes of each, if any of them names nothing."""
    unknown = [scope for scope in dict.fromkeys(scopes) if scope not in DIALECTS and not matching(CATALOG, scope)]
    if unknown:
        nearest = {scope: _nearest_scopes(scope) for scope in unknown}
        advice = "; ".join(_advice(scope, near) for scope, near in nearest.items())
        rows = [{"scope": scope, "nearest": near} for scope, near in nearest.items()]
        raise ScopeUnknown(f"{ScopeUnknown.text}: {advice}", details=rows)


def _nearest_scopes(scope: str) -> list[str]:
    patterns = {name.partition(".")[0] + ".*" for name in CATALOG}
    return nearest_names(scope, [*DIALECTS, *sorted(patterns), *CATALOG])


def _advice(scope: str, nearest: list[str]) -> str:
    return f"{scope!r}, did you mean {' or '.join(nearest)}?" if nearest else f"{scope!r}"
