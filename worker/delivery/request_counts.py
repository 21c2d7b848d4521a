"""Counts of the requests of a worker, by name and outcome, with their duration and age."""

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate

from prometheus_client.samples import Exemplar

from tracing.spans import current_ids
from worker.delivery.envelope import Envelope

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
AGES = (1, 2, 5, 10, 30, 60, 300, 1800, 7200)  # `timestamp` has whole seconds


class BucketCounts:
    """How many values are at most each limit, and the sum of all values.

    As prometheus-client's Histogram, without its lock, which takes a microsecond a value. Each bucket keeps the last
    value that belonged to a recorded trace, as its exemplar.
    """

    def __init__(self, limits: Sequence[float]) -> None:
        self.sum = 0.0
        self._limits = limits
        self._counts = [0] * (len(limits) + 1)
        self._exemplars: dict[int, Exemplar] = {}

    def add(self, value: float, count: int = 1, ids: dict[str, str] | None = None) -> None:
        """Add a value, `count` times; `ids` are those of its span, if that is recorded."""
        place = bisect_left(self._limits, value)
        self._counts[place] += count
        self.sum += value * count
        if ids is not None:
            self._exemplars[place] = Exemplar(ids, value, time.time())

    def buckets(self) -> Iterator[tuple[str, float, Exemplar | None]]:
        """Each limit, how many values are at most as large, and an exemplar if there is one; ends with +Inf."""
        limits = [*map(str, self._limits), "+Inf"]
        for place, (limit, count) in enumerate(zip(limits, accumulate(self._counts), strict=True)):
            yield limit, count, self._exemplars.get(place)


class RequestCounts:
    """Requests by name and outcome, their seconds by name, their ages by family; unknown names are counted as one."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.seconds: defaultdict[str, BucketCounts] = defaultdict(partial(BucketCounts, SECONDS))
        self.ages: defaultdict[str, BucketCounts] = defaultdict(partial(BucketCounts, AGES))

    def add(self, envelope: Envelope, outcome: str, seconds: float) -> None:
        """Count a settled delivery; its age at its first delivery alone: later it is the retry ladder's."""
        entry = envelope.entry
        name, family = (entry.name, entry.family) if entry else ("unknown", "unknown")
        self.outcomes[name, outcome] += 1
        self.seconds[name].add(seconds, ids=current_ids())
        if envelope.timestamp is not None and envelope.first is None:
            self.ages[family].add(max(0.0, time.time() - seconds - envelope.timestamp.timestamp()))
