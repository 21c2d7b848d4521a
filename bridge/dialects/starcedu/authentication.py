"""Authentication of starcedu: visitors by cookie, tenants by their own header, users by token.

Only the form of the credentials is checked here: they go with the request, and the worker verifies them.
"""

import base64
import hashlib
import json
from functools import partial

from bridge.rest.cookies import MAX_TOKEN, cookie_value
from bridge.rest.dialect import Authenticate, Caller, DialectError, Endpoint, Failure, RawRequest
from bridge.rest.fields import Schema, Values
from bridge.rest.schema import BEARER
from client.bus import Bus
from contracts.sessions import ResolveSession
from contracts.tenants import VerifyTenant

COOKIE = "connect.sid"
TENANT_HEADER = "starcedu-tenant-authorization"
SCHEMES: dict[str, Schema] = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "tenant": {"type": "apiKey", "in": "header", "name": TENANT_HEADER},
    "userToken": BEARER,
}
SIGN_INS = ("auth.sign_in", "auth.sign_up")

TENANT_UNKNOWN = Failure(401, "tenant unauthenticated", 401)
USER_UNKNOWN = Failure(401, "user unauthenticated", 401)


def authenticator(bus: Bus) -> Authenticate:
    """Authenticate the tenant and then its user where the path says so, else the visitor."""

    async def authenticate(raw: RawRequest, endpoint: Endpoint) -> Caller:
        if _is_for_tenants(endpoint):
            return await _authenticate_tenant(bus, raw, endpoint)
        return _authenticate_visitor(bus, raw, endpoint)

    return authenticate


def security_schemes(endpoint: Endpoint) -> tuple[str, ...]:
    """The security schemes that an endpoint needs."""
    if _is_for_tenants(endpoint):
        return ("tenant",) if endpoint.request_name in SIGN_INS else ("tenant", "userToken")
    return () if endpoint.request_name in (*SIGN_INS, "auth.sign_out") else ("session",)


def _is_for_tenants(endpoint: Endpoint) -> bool:
    return endpoint.path.startswith("/api/tenant/")


def _authenticate_visitor(bus: Bus, raw: RawRequest, endpoint: Endpoint) -> Caller:
    token = cookie_value(raw, COOKIE)
    if endpoint.request_name in SIGN_INS:
        details = {"realm": "starcedu_local"} | ({"session": token} if token else {})
        return Caller(key=_key(details) if token else "", details=details)  # a stranger shares no key with others
    if token is None and endpoint.request_name == "auth.sign_out":
        return Caller(details={})
    if token is None:
        raise DialectError(USER_UNKNOWN)
    return _session_caller(bus, {"realm": "starcedu_local", "token": token})


async def _authenticate_tenant(bus: Bus, raw: RawRequest, endpoint: Endpoint) -> Caller:
    tenant = _tenant_credentials(raw)
    verify = partial(bus.ask, VerifyTenant.model_validate(tenant))
    details = {"realm": "starcedu_tenant", "tenant": tenant}
    if endpoint.request_name in SIGN_INS:
        return Caller(key=_key(details), details=details, verify=verify)
    token = _credential(raw.headers.get("authorization", ""), "bearer")
    if token is None:
        await verify()
        raise DialectError(USER_UNKNOWN)
    return _session_caller(bus, details | {"token": token})


def _session_caller(bus: Bus, details: Values) -> Caller:
    verify = partial(bus.ask, ResolveSession.model_validate(details))
    return Caller(key=_key(details), details=details, verify=verify)


def _key(details: Values) -> str:
    return hashlib.sha256(json.dumps(details).encode()).hexdigest()


def _tenant_credentials(raw: RawRequest) -> dict[str, str]:
    encoded = _credential(raw.headers.get(TENANT_HEADER, ""), "basic") or ""
    try:
        name, secret = base64.b64decode(encoded, validate=True).decode().split(":")
    except ValueError:
        raise DialectError(TENANT_UNKNOWN) from None
    return {"id": name, "secret": secret}


def _credential(header: str, scheme: str) -> str | None:
    first, *rest = header.split(" ")
    return rest[0] if first == scheme and len(rest) == 1 and 0 < len(rest[0]) <= MAX_TOKEN else None
