"""Who asks in starcedu (REST contract 5.2): visitors by cookie, tenants by a header of their own, users by token.

What is presented goes with the request, and the worker's answer proves it; only its form is checked here.
"""

import base64
import hashlib
import json
from functools import partial

from bridge.bus import Bus
from bridge.cookies import LONGEST, presented
from bridge.dialect import Ask, Caller, Failure, Guard, Rejected, Row
from bridge.fields import Schema, Values
from bridge.schema import BEARER
from contracts.sessions import ResolveSession
from contracts.tenants import VerifyTenant

COOKIE = "connect.sid"
TENANT = "starcedu-tenant-authorization"
SCHEMES: dict[str, Schema] = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "tenant": {"type": "apiKey", "in": "header", "name": TENANT},
    "userToken": BEARER,
}
OPENING = ("auth.sign_in", "auth.sign_up")

TENANT_UNKNOWN = Failure(401, "tenant unauthenticated", 401)
USER_UNKNOWN = Failure(401, "user unauthenticated", 401)


def doors(bus: Bus) -> Guard:
    """The guard: a tenant where the path says so, before its user; else a visitor."""

    async def check(ask: Ask, row: Row) -> Caller:
        return await _guest(bus, ask, row) if row.path.startswith("/api/tenant/") else _visitor(bus, ask, row)

    return check


def needs(row: Row) -> tuple[str, ...]:
    """The credentials that a row asks for, by their names in the documents."""
    if row.path.startswith("/api/tenant/"):
        return ("tenant",) if row.name in OPENING else ("tenant", "userToken")
    return () if row.name in (*OPENING, "auth.sign_out") else ("session",)


def _visitor(bus: Bus, ask: Ask, row: Row) -> Caller:
    token = presented(ask, COOKIE)
    if row.name in OPENING:
        return _caller({"realm": "starcedu_local"} | ({"session": token} if token else {}))
    if token is None and row.name == "auth.sign_out":
        return _caller({})
    if token is None:
        raise Rejected(USER_UNKNOWN)
    return _holder(bus, {"realm": "starcedu_local", "token": token})


async def _guest(bus: Bus, ask: Ask, row: Row) -> Caller:
    tenant = _tenant(ask)
    verify = partial(bus.call, "tenant.verify", VerifyTenant.model_validate(tenant))
    details = {"realm": "starcedu_tenant", "tenant": tenant}
    if row.name in OPENING:
        return Caller(key=_key(details), details=details, prove=verify)
    token = _second(ask.headers.get("authorization", ""), "bearer")
    if token is None:
        await verify()
        raise Rejected(USER_UNKNOWN)
    return _holder(bus, details | {"token": token})


def _holder(bus: Bus, details: Values) -> Caller:
    resolve = partial(bus.call, "session.resolve", ResolveSession.model_validate(details))
    return Caller(key=_key(details), details=details, prove=resolve)


def _caller(details: Values) -> Caller:
    return Caller(key=_key(details), details=details)


def _key(details: Values) -> str:
    return hashlib.sha256(json.dumps(details).encode()).hexdigest()


def _tenant(ask: Ask) -> dict[str, str]:
    encoded = _second(ask.headers.get(TENANT, ""), "basic") or ""
    try:
        name, secret = base64.b64decode(encoded, validate=True).decode().split(":")
    except ValueError:
        raise Rejected(TENANT_UNKNOWN) from None
    return {"id": name, "secret": secret}


def _second(header: str, scheme: str) -> str | None:
    first, *rest = header.split(" ")
    return rest[0] if first == scheme and len(rest) == 1 and 0 < len(rest[0]) <= LONGEST else None
