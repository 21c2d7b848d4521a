"""Who asks: service tokens, verified over the bus and believed for a few seconds."""

import fnmatch
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from bridge.body import form_or_json, query
from bridge.bus import Bus
from bridge.dialect import Ask, Caller, Case, Failure, Guard, Rejected, Row, Stopped
from bridge.wire import Refused
from contracts.sessions import Realm
from contracts.tokens import Holder, VerifiedToken, VerifyToken

LONGEST = 512

Credential = Callable[[Ask], str | None]


def bearer(ask: Ask) -> str | None:
    """The token of `Authorization: Bearer <token>`, the scheme in any letter case."""
    scheme, _, token = ask.headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def bearer_or_bare(ask: Ask) -> str | None:
    """The token of the `Authorization` header, with or without its scheme."""
    return bearer(ask) or ask.headers.get("authorization", "").strip()


def bearer_or_access_token(ask: Ask) -> str | None:
    """The Bearer token, else `access_token` in body, query or cookie."""
    return bearer(ask) or _parameter(ask) or ask.cookies.get("access_token")


async def anyone(_ask: Ask, _row: Row) -> Caller:
    """The guard of an open dialect."""
    return Caller()


@dataclass(frozen=True, slots=True)
class Users:
    """Users may call with a login token of the realm, unless `refused` says why not."""

    realm: Realm
    refused: Callable[[Holder], Failure | None]


class Tokens:
    """Verified service tokens, by the hash of their text, for `seconds` at most; a user's token is asked about anew."""

    def __init__(self, bus: Bus, seconds: float) -> None:
        self._bus = bus
        self._seconds = seconds
        self._known: dict[str, tuple[float, VerifiedToken]] = {}

    def guard(self, dialect: str, credential: Credential, users: Users | None = None) -> Guard:
        """A guard that asks for a token whose scopes cover the dialect or the row's request, or for one of `users`."""

        async def check(ask: Ask, row: Row) -> Caller:
            token = credential(ask)
            if not token or len(token) > LONGEST:
                raise Stopped(Case.UNAUTHENTICATED)
            key = hashlib.sha256(token.encode()).hexdigest()
            view = self._fresh(key) or await self._verify(token, key, users)
            if view.user and users:
                return _user(view.user, key, users)
            if not _covers(view.scopes, dialect, row.name):
                raise Stopped(Case.UNAUTHENTICATED)
            return Caller(actor=f"token:{view.name}", key=key)

        return check

    def _fresh(self, key: str) -> VerifiedToken | None:
        until, view = self._known.get(key, (0.0, None))
        return view if time.monotonic() < until else None

    async def _verify(self, token: str, key: str, users: Users | None) -> VerifiedToken:
        asked = time.monotonic()
        realm = {"realm": users.realm} if users else {}
        try:
            view: VerifiedToken = await self._bus.call("token.verify", VerifyToken(token=SecretStr(token), **realm))
        except Refused as refusal:
            raise _unauthenticated(refusal) from refusal
        self._known = {known: entry for known, entry in self._known.items() if entry[0] > asked}
        if view.user is None:
            self._known[key] = (asked + self._seconds, view)
        return view


def _user(user: Holder, key: str, users: Users) -> Caller:
    failure = users.refused(user)
    if failure:
        raise Rejected(failure)
    return Caller(actor=f"user:{user.id}", key=key)


def _unauthenticated(refusal: Refused) -> Exception:
    bad = refusal.problem.kind in ("invalid", "unauthenticated", "denied", "not_found")
    return Stopped(Case.UNAUTHENTICATED) if bad else refusal


def _covers(scopes: list[str], dialect: str, name: str) -> bool:
    return any(scope == dialect or fnmatch.fnmatchcase(name, scope) for scope in scopes)


def _parameter(ask: Ask) -> str | None:
    for source in (form_or_json, query):
        try:
            token = source(ask).get("access_token")
        except Stopped:
            continue
        if isinstance(token, str) and token:
            return token
    return None
