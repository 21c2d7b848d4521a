"""Request bodies: read within a limit, parsed strictly (RFC 8259, URL-encoded forms)."""

import asyncio
import json
import re
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from bridge.dialect import Ask, Case, Stopped
from bridge.fields import Values

LIMIT = 1_048_576
DRAIN = 32 * LIMIT
PATIENCE = 30.0
LEVELS = 64
PARAMETERS = 1000
FORM = "application/x-www-form-urlencoded"


async def read(request: Request) -> bytes:
    """The whole body; raises Stopped (too large) once what was already on its way is drained."""
    if "expect" in request.headers and _declared(request) > LIMIT:
        raise Stopped(Case.TOO_LARGE)
    try:
        async with asyncio.timeout(PATIENCE):
            kept, size = await _drained(request)
    except (TimeoutError, ClientDisconnect) as error:
        raise Stopped(Case.UNPARSABLE, "it is incomplete") from error
    if size > LIMIT:
        raise Stopped(Case.TOO_LARGE)
    return kept


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if re.fullmatch("[0-9]{1,20}", length) else 0


async def _drained(request: Request) -> tuple[bytes, int]:
    kept, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LIMIT:
            kept += chunk
        if size > DRAIN:
            break
    return bytes(kept), size


def json_value(body: bytes) -> Any:
    """The body as strict JSON; raises Stopped (unparsable)."""
    try:
        value = json.loads(body.decode(), parse_constant=_constant, parse_int=_integer, parse_float=_float)
        _inspect(value, 1)
    except UnicodeError as error:
        raise Stopped(Case.UNPARSABLE, "it is not valid UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Stopped(Case.UNPARSABLE, str(error)) from error
    return value


def json_object(ask: Ask) -> Values:
    """The body as a JSON object, whatever its Content-Type; raises Stopped."""
    value = json_value(ask.body)
    if not isinstance(value, dict):
        raise Stopped(Case.WRONG_KIND, "it must be a JSON object")
    return value


def query(ask: Ask) -> Values:
    """The query parameters, of repeated ones the last; raises Stopped (unparsable)."""
    return _form(ask.query)


def form_or_json(ask: Ask) -> Values:
    """An URL-encoded form, or else a JSON object; an empty body has no parameters. Raises Stopped."""
    if not ask.body:
        return {}
    media = ask.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _form(ask.body) if media == FORM else json_object(ask)


def _form(encoded: bytes) -> Values:
    try:
        pairs = parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS)
    except ValueError as error:
        raise Stopped(Case.UNPARSABLE, "its parameters are not URL-encoded UTF-8") from error
    return dict(pairs)


def _inspect(value: Any, level: int) -> None:
    if isinstance(value, str):
        value.encode()
        return
    if isinstance(value, dict | list) and level > LEVELS:
        raise ValueError(f"it is nested deeper than {LEVELS} levels")
    if isinstance(value, dict):
        for key in value:
            key.encode()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _inspect(item, level + 1)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise ValueError("a number does not fit 64 bits")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number does not fit a double")
    return number
