"""Authentication by service token, verified over the bus and cached for a few seconds."""

import fnmatch
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from bridge.rest.body import form_or_json, query_parameters
from bridge.rest.dialect import (
    Authenticate,
    Caller,
    DialectError,
    Endpoint,
    Failure,
    RawRequest,
    StandardCase,
    StandardError,
)
from bridge.rest.metrics import HttpMetrics
from client.bus import Bus
from client.errors import BusError, Denied, Invalid, NotFound, Unauthenticated
from contracts.sessions import Realm
from contracts.tokens import Holder, VerifiedToken, VerifyToken

MAX_TOKEN = 512
ACCESS_TOKEN = "access_token"  # noqa: S105  # the name of a field, of a query parameter, and of a cookie

FindToken = Callable[[RawRequest], str | None]


@dataclass(frozen=True, slots=True)
class UserAccess:
    """Let users call with a login token of the realm, unless `access_failure` names a failure for them."""

    realm: Realm
    access_failure: Callable[[Holder], Failure | None]


class TokenVerifier:
    """Verify tokens over the bus; a service token is cached by its hash for `seconds`, a user's is not.

    None is cached beyond its expiry.
    """

    def __init__(self, bus: Bus, seconds: float, metrics: HttpMetrics) -> None:
        self._bus = bus
        self._seconds = seconds
        self._metrics = metrics
        self._cache: dict[str, tuple[float, VerifiedToken]] = {}

    def authenticator(self, dialect: str, find_token: FindToken, users: UserAccess | None = None) -> Authenticate:
        """Accept tokens whose scopes cover the dialect or the endpoint's request, and those of `users`."""

        async def authenticate(raw: RawRequest, endpoint: Endpoint) -> Caller:
            token = find_token(raw)
            if not token or len(token) > MAX_TOKEN:
                raise StandardError(StandardCase.UNAUTHENTICATED)
            key = hashlib.sha256(token.encode()).hexdigest()
            verified = self._find_cached(key) or await self._verify(token, key, users)
            if verified.user and users:
                return _user_caller(verified.user, key, users)
            if not _is_in_scope(verified.scopes, dialect, endpoint.request_name):
                raise StandardError(StandardCase.UNAUTHENTICATED)
            return Caller(actor=f"token:{verified.id}", key=key)

        return authenticate

    def _find_cached(self, key: str) -> VerifiedToken | None:
        until, verified = self._cache.get(key, (0.0, None))
        if time.monotonic() >= until:
            self._metrics.token_misses.inc()
            return None
        self._metrics.token_hits.inc()
        return verified

    async def _verify(self, token: str, key: str, users: UserAccess | None) -> VerifiedToken:
        now = time.monotonic()
        realm = {"realm": users.realm} if users else {}
        try:
            verified = await self._bus.ask(VerifyToken(token=SecretStr(token), **realm))
        except BusError as error:
            raise _verification_error(error) from error
        self._cache = {cached: entry for cached, entry in self._cache.items() if entry[0] > now}
        if verified.user is None:
            left = verified.expires_at.timestamp() - time.time()
            self._cache[key] = (now + min(self._seconds, left), verified)
        return verified


async def allow_anyone(_raw: RawRequest, _endpoint: Endpoint) -> Caller:
    """Accept every caller without a token: for open dialects."""
    return Caller()


def bearer_token(raw: RawRequest) -> str | None:
    """The token of `Authorization: Bearer <token>`, the scheme in any letter case."""
    scheme, _, token = raw.headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def bearer_or_bare_token(raw: RawRequest) -> str | None:
    """The token of the `Authorization` header, with or without its scheme."""
    return bearer_token(raw) or raw.headers.get("authorization", "").strip()


def bearer_or_access_token(raw: RawRequest) -> str | None:
    """The bearer token, else `access_token` of the body, the query or a cookie."""
    return bearer_token(raw) or _access_token_parameter(raw) or raw.cookies.get(ACCESS_TOKEN)


def _access_token_parameter(raw: RawRequest) -> str | None:
    for source in (form_or_json, query_parameters):
        try:
            token = source(raw).get(ACCESS_TOKEN)
        except StandardError:
            continue
        if isinstance(token, str) and token:
            return token
    return None


def _user_caller(user: Holder, key: str, users: UserAccess) -> Caller:
    failure = users.access_failure(user)
    if failure:
        raise DialectError(failure)
    return Caller(actor=f"user:{user.id}", key=key, details=user)


def _is_in_scope(scopes: list[str], dialect: str, request_name: str) -> bool:
    return any(scope == dialect or fnmatch.fnmatchcase(request_name, scope) for scope in scopes)


def _verification_error(error: BusError) -> Exception:
    is_of_the_bus = error.code == "bus.access_refused"
    is_bad_token = isinstance(error, Invalid | Unauthenticated | Denied | NotFound) and not is_of_the_bus
    return StandardError(StandardCase.UNAUTHENTICATED) if is_bad_token else error
