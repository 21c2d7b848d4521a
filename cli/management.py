"""RabbitMQ's management API: what AMQP cannot do or tell."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

from access.rabbitmq_users import policy_name, service_names, stream_policy_name

TIMEOUT = 30.0
NO_URL = "USERBUS_MANAGEMENT_URL is no URL such as http://user:password@host:15672"


class ManagementFailed(Exception):
    """The management API did not answer, or refused."""


class Management:
    """The management API of a broker, at a URL with user and password; `vhost` is the virtual host of userbus."""

    def __init__(self, url: str, vhost: str = "/") -> None:
        self._url = url
        self._vhost = quote(vhost, safe="")

    def import_definitions(self, definitions: Mapping[str, Any]) -> None:
        """Add or change everything that the definitions hold; nothing is removed. Raises `ManagementFailed`."""
        self._call("POST", "/definitions", json=definitions)

    def remove_service(self, name: str) -> None:
        """Delete a service's user, which ends its connections, its policy, queues and exchanges."""
        self._call("DELETE", f"/users/{quote(name, safe='')}")
        for policy in (policy_name(name), stream_policy_name(policy_name(name))):
            self._call("DELETE", f"/policies/%2F/{quote(policy, safe='')}")
        for kind in ("queues", "exchanges"):
            for found in self._call("GET", f"/{kind}/%2F?columns=name").json():
                if found["name"].startswith(f"{name}."):
                    self._call("DELETE", f"/{kind}/%2F/{quote(found['name'], safe='')}")

    def list_services(self) -> list[str]:
        """Return the services that the broker knows, which the list may know no more: each has a policy."""
        return service_names(row["name"] for row in self.list_all("policies"))

    def close_connections(self, user: str) -> None:
        """End the connections of a user, which may open others."""
        self._call("DELETE", f"/connections/username/{quote(user, safe='')}")

    def unbind(self, row: Mapping[str, Any]) -> None:
        """Remove a binding, given as `list_all` shows it."""
        parts = ("e", row["source"], row["destination_type"][0], row["destination"], row["properties_key"])
        self._call("DELETE", f"/bindings/{self._vhost}/" + "/".join(quote(part, safe="") for part in parts))

    def list_all(self, kind: str) -> list[dict[str, Any]]:
        """Return all `queues`, `exchanges`, `bindings` or `policies` of the virtual host, as RabbitMQ shows them."""
        rows: list[dict[str, Any]] = self._call("GET", f"/{kind}/{self._vhost}").json()
        return rows

    def show_queue(self, name: str) -> dict[str, Any]:
        """Return one queue; its figures are up to five seconds old."""
        row: dict[str, Any] = self._call("GET", f"/queues/{self._vhost}/{quote(name, safe='')}").json()
        return row

    def show_overview(self) -> tuple[dict[str, Any], datetime]:
        """Return the overview, and the time by the broker's clock in whole seconds."""
        answer = self._call("GET", "/overview")
        return answer.json(), parsedate_to_datetime(answer.headers["date"])

    def list_nodes(self) -> list[dict[str, Any]]:
        """Return the nodes of the cluster, with their alarms and partitions."""
        rows: list[dict[str, Any]] = self._call("GET", "/nodes").json()
        return rows

    def list_users(self) -> list[dict[str, Any]]:
        """Return all users."""
        rows: list[dict[str, Any]] = self._call("GET", "/users").json()
        return rows

    def list_permissions(self) -> list[dict[str, Any]]:
        """Return what users may configure, write and read in the virtual host."""
        rows: list[dict[str, Any]] = self._call("GET", f"/vhosts/{self._vhost}/permissions").json()
        return rows

    def list_topic_permissions(self) -> list[dict[str, Any]]:
        """Return by which routing keys users may write to and read from exchanges in the virtual host."""
        rows: list[dict[str, Any]] = self._call("GET", f"/vhosts/{self._vhost}/topic-permissions").json()
        return rows

    def _call(self, method: str, path: str, **body: Any) -> httpx.Response:
        base, login = _read_url(self._url)
        try:
            answer = httpx.request(method, base + path, auth=login, timeout=TIMEOUT, **body)
        except httpx.HTTPError as error:
            raise ManagementFailed(f"{base} does not answer: {error}") from error
        if answer.is_error and not (method == "DELETE" and answer.status_code == httpx.codes.NOT_FOUND):
            raise ManagementFailed(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        if method == "GET" and not answer.headers.get("content-type", "").startswith("application/json"):
            raise ManagementFailed(f"{base} answers, but not as RabbitMQ's management API: is that its port?")
        return answer


def _read_url(url: str) -> tuple[str, tuple[str, str]]:
    """Return where the API begins, and the login."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 15672
    except ValueError as error:
        raise ManagementFailed(f"{NO_URL}: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ManagementFailed(NO_URL)
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}:{port}/api", (unquote(parts.username or ""), unquote(parts.password or ""))
