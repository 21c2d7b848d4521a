"""A visitor of the console: reads pages, sends their forms as a browser does."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx

from tests.support.client import Client
from tests.support.scripted_worker import ScriptedWorker

PASSWORD = "correct horse 7"
COOKIE = "userbus_console"


class Forms(HTMLParser):
    """The forms of a page by their addresses, each with the fields that it holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = self.found.setdefault(given.get("action", ""), {})
        elif tag in ("input", "textarea", "select") and self._fields is not None and "name" in given:
            self._fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None


class Visitor:
    """A browser at a bridge's console; `http` keeps its cookies."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def read(self, path: str, status: int = 200) -> str:
        """The page of a path under /console."""
        answer = await self.http.get("/console" + path)
        assert answer.status_code == status, answer.text
        return answer.text

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """The answer to a form that a page of the console sends to a path under /console."""
        headers = {"Origin": str(self.http.base_url).rstrip("/")}
        return await self.http.post("/console" + path, data=fields, headers=headers)

    async def submit(self, page: str, action: str, **fields: str) -> httpx.Response:
        """The answer to the form of a page that goes to `action`; `fields` are typed in."""
        known: Mapping[str, str] = Forms(await self.read(page)).found["/console" + action]
        return await self.send(action, **{**known, **fields})

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """The answer to the sign-in form."""
        return await self.submit("/sign-in", "/sign-in", login=login, password=password)


async def create_root(client: Client, **changed: Any) -> dict[str, Any]:
    """A root user with `PASSWORD`."""
    body = {"username": f"root_{uuid4().hex}", "password": PASSWORD, "root": 1, **changed}
    user: dict[str, Any] = await client.done("user.create", body)
    return user


async def audit_entries(client: Client, **where: Any) -> list[dict[str, Any]]:
    """The entries of the audit trail, the newest first."""
    return list((await client.done("audit.search", where))["items"])


def asked_by_pages(worker: ScriptedWorker) -> list[Any]:
    """What pages have asked; the overview's record of the last hour asks by itself."""
    return [request for request in worker.requests if request.type != "worker.diagnose"]
