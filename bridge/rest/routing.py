"""Which dialect answers a path, and which of its endpoints."""

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from bridge.rest.dialect import Endpoint

Segments = tuple[str, ...]

# A control character: no record has a text with it, so a segment that is not UTF-8 is simply not found.
UNREADABLE = "\0"

DIALECT_PREFIXES: dict[Segments, str] = {
    ("user",): "foreseen",
    ("integration",): "foreseen",
    **{("api", entity): "rbac" for entity in ("user", "app", "group", "role", "resource", "resource-type")},
    ("api",): "starcedu",
    **{(head,): "usermgmt" for head in ("auth", "login", "password", "action")},
    ("v1", "users"): "usermgmt",
    ("v1", "identity"): "usermgmt",
    ("v1",): "passport",
}


class RouteTable:
    """The endpoints of a dialect by path: exact segments, no redirects; a trailing slash makes another path."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._exact: dict[Segments, dict[str, Endpoint]] = {}
        self._patterns: dict[Segments, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            table = self._patterns if "{" in endpoint.path else self._exact
            table.setdefault(split_path(endpoint.path.encode()), {})[endpoint.method] = endpoint

    def find(self, segments: Segments) -> tuple[dict[str, Endpoint], dict[str, str]]:
        """Return the endpoints of a path by method, none for an unknown path, and the path's variables."""
        if segments in self._exact:
            return self._exact[segments], {}
        for pattern, endpoints in self._patterns.items():
            if _is_match(pattern, segments):
                pairs = zip(pattern, segments, strict=True)
                return endpoints, {name[1:-1]: value for name, value in pairs if name.startswith("{")}
        return {}, {}


def split_path(raw: bytes) -> Segments:
    """Return the segments of a raw path, each percent-decoded once as UTF-8."""
    return tuple(_decode(segment) for segment in raw.split(b"/")[1:])


def dialect_name(segments: Segments) -> str | None:
    """The dialect that answers for a path, also if none of its routes matches."""
    return DIALECT_PREFIXES.get(segments[:2]) or DIALECT_PREFIXES.get(segments[:1])


def _decode(segment: bytes) -> str:
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return UNREADABLE


def _is_match(pattern: Segments, segments: Segments) -> bool:
    if len(pattern) != len(segments):
        return False
    pairs = zip(pattern, segments, strict=True)
    return all(bool(given) if wanted.startswith("{") else wanted == given for wanted, given in pairs)
