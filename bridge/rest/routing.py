"""Which dialect owns a path, and which of its rows a path means."""

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

Segments = tuple[str, ...]

# A control character: no row can have a text with it, so a variable with broken encoding is simply not found.
UNREADABLE = "\0"

OWNERS: dict[Segments, str] = {
    ("user",): "foreseen",
    ("integration",): "foreseen",
    **{("api", entity): "rbac" for entity in ("user", "app", "group", "role", "resource", "resource-type")},
    ("api",): "starcedu",
    **{(head,): "usermgmt" for head in ("auth", "login", "password", "action")},
    ("v1", "users"): "usermgmt",
    ("v1", "identity"): "usermgmt",
    ("v1",): "passport",
}


class Routed(Protocol):
    """What a route table holds."""

    @property
    def method(self) -> str:
        """The verb."""

    @property
    def path(self) -> str:
        """The path, e.g. `/user/{username}`."""


R = TypeVar("R", bound=Routed)


class Routes(Generic[R]):
    """A route table: exact segments, no redirects; a trailing slash is another path."""

    def __init__(self, rows: Iterable[R]) -> None:
        self._exact: dict[Segments, dict[str, R]] = {}
        self._patterns: dict[Segments, dict[str, R]] = {}
        for row in rows:
            table = self._patterns if "{" in row.path else self._exact
            table.setdefault(split(row.path.encode()), {})[row.method] = row

    def find(self, segments: Segments) -> tuple[dict[str, R], dict[str, str]]:
        """The rows of a path by verb, none for an unknown path, and the path's variables."""
        if segments in self._exact:
            return self._exact[segments], {}
        for pattern, verbs in self._patterns.items():
            if _matches(pattern, segments):
                named = zip(pattern, segments, strict=True)
                return verbs, {name[1:-1]: value for name, value in named if name.startswith("{")}
        return {}, {}


def split(raw: bytes) -> Segments:
    """The segments of a raw path, each percent-decoded once as UTF-8."""
    return tuple(_decoded(segment) for segment in raw.split(b"/")[1:])


def owner(segments: Segments) -> str | None:
    """The dialect that answers for a path, also when no route matches."""
    return OWNERS.get(segments[:2]) or OWNERS.get(segments[:1])


def _decoded(segment: bytes) -> str:
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return UNREADABLE


def _matches(pattern: Segments, segments: Segments) -> bool:
    if len(pattern) != len(segments):
        return False
    pairs = zip(pattern, segments, strict=True)
    return all(bool(given) if wanted.startswith("{") else wanted == given for wanted, given in pairs)
