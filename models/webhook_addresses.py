"""The addresses that webhooks may be sent to: public ones, and the networks that a setting names."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from models.errors.webhooks import AddressRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MULTICAST = ip_network("224.0.0.0/4")
GLOBAL_UNICAST = ip_network("2000::/3")  # the rest of IPv6 holds NAT64 and other forms of IPv4 addresses
# Global by the registries, but of the machine's own cloud, or a way round to an IPv4 address.
NEVER_PUBLIC = (
    ip_network("168.63.129.16/32"),  # Azure's metadata
    ip_network("192.0.0.0/24"),  # of protocols; Oracle's metadata
    ip_network("2002::/16"),  # 6to4
)


class AddressRules:
    """Which addresses may be connected to; `networks` are allowed besides public ones, and alone by http."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)

    def allows(self, address: str, scheme: str) -> bool:
        """Whether webhooks may be sent to an IP address by `https` or `http`."""
        found = _plain(ip_address(address.partition("%")[0]))
        is_named = any(found in network for network in self._networks)
        return is_named or (scheme == "https" and _is_public(found))

    def refuse_url(self, url: str) -> None:
        """Raise `AddressRefused` for what can be told without a look-up of the name: no host, an address, a scheme."""
        if not url.isascii():
            raise AddressRefused("the URL is not ASCII: write its host as xn--…, and other characters as %C3%BC")
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise AddressRefused("the URL names no host and port that could be connected to") from None
        try:
            is_allowed = self.allows(host, parts.scheme)
        except ValueError:  # a name, which is looked up when something is sent
            is_allowed = bool(host) and (parts.scheme == "https" or bool(self._networks))
        if not is_allowed:
            raise AddressRefused


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_public(address: Address) -> bool:
    is_unicast = address.version == 4 or address in GLOBAL_UNICAST
    return is_unicast and address.is_global and not any(address in each for each in (MULTICAST, *NEVER_PUBLIC))
