"""Patterns of events: names, nouns and all of them."""

from collections.abc import Iterable
from fnmatch import filter as matching

from contracts.catalog import EVENTS
from contracts.nearest import nearest_names
from models.errors.webhooks import EventUnknown


def refuse_unknown_events(patterns: Iterable[str]) -> None:
    """Raise `EventUnknown`, with the nearest names of each, if any of the patterns matches no event."""
    unknown = [pattern for pattern in dict.fromkeys(patterns) if pattern != "#" and not matching(EVENTS, pattern)]
    if unknown:
        known = [*sorted({name.partition(".")[0] + ".*" for name in EVENTS}), *EVENTS]
        rows = [{"pattern": pattern, "nearest": nearest_names(pattern, known)} for pattern in unknown]
        raise EventUnknown(f"{EventUnknown.text}: {', '.join(map(repr, unknown))}", details=rows)
