"""The vocabulary of the console: a page with its routes, and a request to one of them."""

import hmac
import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bridge.rest.middleware import trace_context
from client.bus import Bus
from client.options import Options
from contracts.base import Command, View
from contracts.base import Request as BusRequest
from contracts.catalog import name_of
from contracts.user_views import UserView

PREFIX = "/console"
# Everything comes from this bridge; nothing inline, nothing framed, forms go nowhere else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of forms as well
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FORM_NAMESPACE = uuid.UUID("0f6f3f4c-7f5e-5a9b-9d2b-6a3c1f8f2f10")

SECRET_BYTES = 24
_KEY = secrets.token_bytes(32)  # of this process: another one makes other secrets of the same form

V = TypeVar("V", bound=View)
Answer = Callable[["PageRequest"], Awaitable[Response]]


def read_number(text: str) -> int | str:
    """A number as a field of a form gives it; what is none is left to the contract to refuse."""
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else text


def read_time(text: str) -> datetime | str:
    """A time as a browser's field gives it, in UTC; what is none is left to the contract to refuse."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One route of a page; `path` is without the prefix. A `public` one is for who is not signed in."""

    method: str
    path: str
    answer: Answer
    public: bool = False


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """A page: its title in the menu, empty for none, and its routes, to the first of which the menu leads.

    `notices` are what may be told after a redirect, by the name that the address has.
    """

    title: str
    routes: tuple[PageRoute, ...]
    notices: Mapping[str, str] = field(default_factory=dict)


def show(path: str, answer: Answer, *, public: bool = False) -> PageRoute:
    """A route that shows something and changes nothing (GET)."""
    return PageRoute("GET", path, answer, public)


def act(path: str, answer: Answer, *, public: bool = False) -> PageRoute:
    """A route that takes a form of the console (POST), and of no other site."""
    return PageRoute("POST", path, answer, public)


@dataclass(slots=True)
class PageRequest:
    """One request to a route of `page`, by the signed-in `operator`; a public route has none.

    `message_id` is that of the latest request on the bus; `is_secure` says that cookies are for https alone.
    """

    http: Request
    bus: Bus
    templates: Environment
    page: ConsolePage
    is_secure: bool = False
    operator: UserView | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    message_id: str | None = None

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address that are not empty, without spaces around."""
        given = {name: value.strip() for name, value in self.http.query_params.items()}
        return {name: value for name, value in given.items() if value}

    @property
    def id(self) -> int:
        """The number in the path of a route with `{id:number}`."""
        return int(self.http.path_params["id"])

    def find_changes(self, *names: str) -> dict[str, str]:
        """The fields of the form whose text is another than the page showed: somebody may have changed the rest."""
        typed = {name: self.form.get(name, "") for name in names}
        return {name: text for name, text in typed.items() if text != self.form.get(f"stored_{name}")}

    def make_secret(self) -> str:
        """A random secret; for a form that is sent twice the same one, so that the command is the same too."""
        form_id = self.form.get("form_id")
        if not form_id or not self.operator:
            return secrets.token_urlsafe(SECRET_BYTES)
        parts = "\0".join((str(self.operator.id), self.http.url.path, form_id))
        return urlsafe_b64encode(hmac.digest(_KEY, parts.encode(), "sha256")[:SECRET_BYTES]).decode()

    async def ask(self, message: BusRequest[V]) -> V:
        """Send a request in the operator's name; raises as `Bus.ask` does.

        A command of a form that is sent twice is carried out once, by the `form_id` that the form holds.
        """
        actor = f"user:{self.operator.id}" if self.operator else None
        self.message_id = self._message_id(message)
        options: Options = {**trace_context(self.http.headers), "actor": actor, "message_id": self.message_id}
        options["client_address"] = self.http.client.host if self.http.client else None
        return await self.bus.ask(message, **options)

    def _message_id(self, message: BusRequest[Any]) -> str:
        form_id = self.form.get("form_id")
        if not form_id or not isinstance(message, Command) or not self.operator:
            return str(uuid.uuid4())
        parts = (str(self.operator.id), form_id, name_of(message), message.model_dump_json())
        return str(uuid.uuid5(FORM_NAMESPACE, "\0".join(parts)))

    def render(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, /, **shown: Any
    ) -> Response:
        """Answer with a template, which also knows `operator`, `page`, `query` and `notice`."""
        notice = self.page.notices.get(self.query.get("notice", ""))
        known = {"operator": self.operator, "page": self.page, "query": self.query, "notice": notice}
        html = self.templates.get_template(template).render(known | shown)
        return HTMLResponse(html, status, HEADERS | dict(headers or {}))

    def redirect(self, path: str, notice: str = "", headers: Mapping[str, str] | None = None) -> Response:
        """Answer with the address of a page, where `notice` names one of its notices."""
        query = f"?{urlencode({'notice': notice})}" if notice else ""
        return RedirectResponse(f"{PREFIX}{path}{query}", 303, HEADERS | dict(headers or {}))
