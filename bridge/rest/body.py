"""Request bodies and query strings: read within a limit, parsed strictly (RFC 8259, URL-encoded forms)."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from starlette.requests import ClientDisconnect, Request

from bridge.rest.dialect import RawRequest, StandardCase, StandardError
from bridge.rest.fields import Values
from bridge.rest.large_bodies import SMALL

MAX_BODY = 1_048_576
MAX_DRAINED = 32 * MAX_BODY
READ_TIMEOUT = 30.0
MAX_DEPTH = 64
MAX_PARAMETERS = 1000
MAX_VALUES = 10_000
MAX_ESCAPES = 20_000
MAX_DIGITS = 40  # a double has 25 at most; many long ones are slow to read
FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request) -> bytes:
    """Read the whole body; raises StandardError if it is larger than 1 MiB or does not arrive within 30 s.

    A body that is too large is read to its end (32 MiB at most), so that the client gets the response. A large one
    waits for a place of the application's `large_bodies`.
    """
    if "expect" in request.headers and _declared_length(request) > MAX_BODY:
        raise StandardError(StandardCase.TOO_LARGE)
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            kept, size = await _drain(request)
    except TimeoutError as error:
        raise StandardError(StandardCase.TOO_SLOW, "body") from error
    except ClientDisconnect as error:
        raise StandardError(StandardCase.UNPARSABLE, "it is incomplete") from error
    if size > MAX_BODY:
        raise StandardError(StandardCase.TOO_LARGE)
    return kept


def json_value(body: bytes) -> Any:
    """The body as strict JSON; raises StandardError (unparsable), also for more than 10,000 values.

    Commas, colons and opening brackets are counted as values, those inside of texts too: a fast bound of the cost.
    """
    if sum(map(body.count, (b",", b":", b"[", b"{"))) > MAX_VALUES:
        raise StandardError(StandardCase.UNPARSABLE, f"it has more than {MAX_VALUES} values")
    try:
        value = json.loads(
            body.decode(), parse_constant=_refuse_constant, parse_int=_parse_integer, parse_float=_parse_float
        )
        _check_value(value, 1)
    except UnicodeError as error:
        raise StandardError(StandardCase.UNPARSABLE, "it is not valid UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise StandardError(StandardCase.UNPARSABLE, str(error)) from error
    return value


def json_object(raw: RawRequest) -> Values:
    """The body as a JSON object, whatever its Content-Type; raises StandardError."""
    value = json_value(raw.body)
    if not isinstance(value, dict):
        raise StandardError(StandardCase.WRONG_KIND, "it must be a JSON object")
    return value


def query_parameters(raw: RawRequest) -> Values:
    """The query parameters, the last of repeated ones; raises StandardError (unparsable)."""
    return _parse_parameters(raw.query)


def form_or_json(raw: RawRequest) -> Values:
    """The parameters of a URL-encoded form or else of a JSON object, none of an empty body; raises StandardError."""
    if not raw.body:
        return {}
    media_type = raw.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _parse_parameters(raw.body) if media_type == FORM else json_object(raw)


def form_values(body: bytes) -> dict[str, str]:
    """The fields of a URL-encoded form, the last of repeated ones; raises StandardError (unparsable)."""
    return _parse_parameters(body)


def is_length_allowed(request: Request) -> bool:
    """Whether the headers already say that the body is not larger than 1 MiB."""
    return "transfer-encoding" not in request.headers and _declared_length(request) <= MAX_BODY


def _declared_length(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if re.fullmatch("[0-9]{1,20}", length) else 0


async def _drain(request: Request) -> tuple[bytes, int]:
    kept, size = bytearray(), 0
    async with AsyncExitStack() as place:
        async for chunk in request.stream():
            if size <= SMALL < size + len(chunk):
                address = request.client.host if request.client else ""
                await place.enter_async_context(request.app.state.large_bodies.place(address))
            size += len(chunk)
            if size <= MAX_BODY:
                kept += chunk
            if size > MAX_DRAINED:
                break
    return bytes(kept), size


def decode_form(encoded: bytes) -> list[tuple[bytes, bytes]]:
    """The names and values of URL-encoded parameters; raises ValueError for more than 1,000, or 20,000 escapes.

    `parse_qsl` would decode to text as well, which takes up to ten times as long.
    """
    if encoded.count(b"%") > MAX_ESCAPES:
        raise ValueError(f"it has more than {MAX_ESCAPES} escapes")
    if encoded.count(b"&") >= MAX_PARAMETERS:
        raise ValueError(f"it has more than {MAX_PARAMETERS} parameters")
    pairs = (pair.partition(b"=") for pair in encoded.replace(b"+", b" ").split(b"&") if pair)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def _parse_parameters(encoded: bytes) -> dict[str, str]:
    try:
        return {name.decode(): value.decode() for name, value in decode_form(encoded)}
    except UnicodeError as error:
        raise StandardError(StandardCase.UNPARSABLE, "its parameters are not URL-encoded UTF-8") from error
    except ValueError as error:
        raise StandardError(StandardCase.UNPARSABLE, str(error)) from error


def _check_value(value: Any, depth: int) -> None:
    """Refuse lone surrogates (UnicodeError) and nesting deeper than 64 levels (ValueError)."""
    if isinstance(value, str):
        value.encode()
        return
    if isinstance(value, dict | list) and depth > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key in value:
            key.encode()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_value(item, depth + 1)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_integer(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise ValueError("a number does not fit 64 bits")
    return int(digits)


def _parse_float(digits: str) -> float:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} characters")
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number does not fit a double")
    return number
