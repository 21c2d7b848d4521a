"""Counts of the requests of a worker, by name and outcome, with their duration and age."""

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate

from worker.delivery.envelope import Envelope

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
AGES = (1, 2, 5, 10, 30, 60, 300, 1800, 7200)  # `timestamp` has whole seconds


class BucketCounts:
    """How many values are at most each limit, and the sum of all values.

    As prometheus-client's Histogram, without its lock, which takes a microsecond a value.
    """

    def __init__(self, limits: Sequence[float]) -> None:
        self.sum = 0.0
        self._limits = limits
        self._counts = [0] * (len(limits) + 1)

    def add(self, value: float, count: int = 1) -> None:
        """Add a value, `count` times."""
        self._counts[bisect_left(self._limits, value)] += count
        self.sum += value * count

    def buckets(self) -> Iterator[tuple[str, float]]:
        """Each limit and how many values are at most as large, ending with +Inf."""
        return zip([*map(str, self._limits), "+Inf"], accumulate(self._counts), strict=True)


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
        self.seconds[name].add(seconds)
        if envelope.timestamp is not None and envelope.first is None:
            self.ages[family].add(max(0.0, time.time() - seconds - envelope.timestamp.timestamp()))
