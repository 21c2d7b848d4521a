"""Requests that a browser sends for a page of another site: they must not use or set a session cookie (CSRF)."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from bridge.rest.dialect import Dialect, Endpoint

OWN = ("same-origin", "none")  # "none" is the person: an address typed in, a bookmark


def is_forgeable(dialect: Dialect, endpoint: Endpoint, cookies: Mapping[str, str]) -> bool:
    """Whether another site's page gains by making a browser send this request: it uses or sets the session cookie."""
    return endpoint.sets_cookie or dialect.cookie in cookies


def is_cross_site(headers: Mapping[str, str], trusted_origins: Collection[str]) -> bool:
    """Whether a browser says that the page of another origin sends the request.

    `Sec-Fetch-Site` decides, where there is none `Origin` against `Host`. Clients that are no browsers send neither.
    """
    origin = headers.get("origin")
    if origin in trusted_origins:
        return False
    site = headers.get("sec-fetch-site")
    if site:
        return site not in OWN
    return origin is not None and not _names_host(origin, headers)


def is_own_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of this bridge sends the request; who says nothing is none."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site:
        return site == "same-origin"
    return origin is not None and _names_host(origin, headers)


def _names_host(origin: str, headers: Mapping[str, str]) -> bool:
    try:
        host = urlsplit(origin).netloc
    except ValueError:  # as of http://[
        return False
    return host != "" and host == headers.get("host")  # Origin: null has none, and Host may be empty
