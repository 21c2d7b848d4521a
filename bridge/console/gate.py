"""Who may use the console: root users, with a session of its own realm, from its own pages."""

import re
from urllib.parse import urlencode

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bridge.console.page import HEADERS, PREFIX, PageRequest
from bridge.rest.cookies import MAX_TOKEN, set_cookie_headers
from client.errors import Unauthenticated
from contracts.sessions import Realm, ResolveSession
from contracts.user_views import UserView

COOKIE = "userbus_console"
SECURE_COOKIE = f"__Secure-{COOKIE}"  # browsers take one of that name by https alone
REALM: Realm = "console"
SIGN_IN = "/sign-in"
MAX_PATH = 2000
_UPWARDS = re.compile(r"/(\.|%2e){1,2}([;/]|$)", re.IGNORECASE)  # as browsers, and some proxies, read a path


async def authenticate(request: PageRequest) -> UserView | None:
    """Return the user of the session, asked anew for each request, or None; raises as `PageRequest.ask` does."""
    token = session_token(request)
    if token is None:
        return None
    try:
        found = await request.ask(ResolveSession(token=token, realm=REALM))
    except Unauthenticated:
        return None
    return found.user if found.user.root and not found.user.disabled else None


def session_token(request: PageRequest) -> SecretStr | None:
    """The token that the console's cookie holds."""
    value = request.http.cookies.get(_cookie_name(request), "")
    return SecretStr(value) if 0 < len(value) <= MAX_TOKEN else None


def session_cookie(request: PageRequest, token: str) -> dict[str, str]:
    """The headers that set the cookie until the browser is closed, or remove it by an empty token."""
    seconds, secure = None if token else 0, request.is_secure
    return set_cookie_headers(
        _cookie_name(request), token, secure=secure, seconds=seconds, path=PREFIX, same_site="Strict"
    )


def _cookie_name(request: PageRequest) -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE


def redirect_to_sign_in(http: Request) -> Response:
    """Answer with the sign-in page, which leads back to the page that was asked for."""
    query = f"?{http.url.query}" if http.url.query else ""
    back = f"{http.url.path}{query}" if http.method == "GET" else PREFIX + "/"
    return RedirectResponse(f"{PREFIX}{SIGN_IN}?{urlencode({'next': back})}", 303, HEADERS)


def is_own_path(path: str) -> bool:
    """Whether a path is one of the console's, and not an address of elsewhere that looks like one."""
    is_plain = len(path) <= MAX_PATH and path.isprintable() and "\\" not in path and "//" not in path
    return is_plain and path.startswith(PREFIX + "/") and not _UPWARDS.search(re.split("[?#]", path)[0])
