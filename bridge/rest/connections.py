"""How many connections clients may hold, and for how long a request may arrive."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

HEAD_SECONDS = 10.0
BODY_SECONDS = 35.0  # the application answers after 30


@dataclass(slots=True)
class ConnectionLimits:
    """The open connections of a process, in all and per address; those of `proxies` count in all only.

    `proxies` are addresses and networks. A request's head must arrive within `head_seconds`, its body within
    `body_seconds` after it.
    """

    total: int = 1000
    per_address: int = 250
    proxies: Collection[str] = ()
    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS
    _open: Counter[str] = field(default_factory=Counter)

    def add(self, address: str) -> bool:
        """Count a connection and return whether it may stay; `remove` it at its end in any case."""
        self._open[address] += 1
        if self._open.total() > self.total:
            return False
        return self._open[address] <= self.per_address or _is_proxy(address, self.proxies)

    def remove(self, address: str) -> None:
        """Forget a connection that has ended."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


def _is_proxy(address: str, proxies: Collection[str]) -> bool:
    if "*" in proxies or not address:  # a Unix socket has no address
        return True
    networks = (ip_network(each, strict=False) for each in proxies)
    return any(ip_address(address) in network for network in networks)
