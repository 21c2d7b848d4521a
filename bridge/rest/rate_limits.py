"""How often one client address may ask, without credentials, for what costs others something."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

WINDOW_SECONDS = 60


@dataclass(slots=True)
class RateLimits:
    """Counts requests by their names on the bus and client addresses, in windows of a minute, in this process alone.

    `per_minute` has the most that an address may send of a request; 0, as a missing name, is no limit. An IPv6 address
    counts for its /64 network, which belongs to one client.
    """

    per_minute: Mapping[str, int] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    _window: int = 0
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def record(self, request_name: str, address: str) -> int:
        """Count a request; return in how many seconds it may be sent again, 0 if it may be sent now."""
        limit = self.per_minute.get(request_name, 0)
        if not limit:
            return 0
        moment = self.clock()
        if self._window != (window := int(moment // WINDOW_SECONDS)):
            self._window, self._counts = window, Counter()
        key = (request_name, _network(address))
        self._counts[key] += 1
        return WINDOW_SECONDS - int(moment % WINDOW_SECONDS) if self._counts[key] > limit else 0


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:  # a Unix socket has none
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
    return str(parsed)
