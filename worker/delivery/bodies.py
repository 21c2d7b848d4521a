"""The JSON of a body, out of what clients wrap it in: compression, a byte order mark, AMQP 1.0 sections."""

import codecs
import json
import re
import zlib
from dataclasses import dataclass

from pydantic_core import from_json

MAX_UNKNOWN = 65_536  # bytes of a body whose request is not known
PLAIN = {"", "identity", "binary", "7bit", "8bit", "utf-8", "utf8", "us-ascii", "ascii"}
DEFLATED = {"gzip", "x-gzip", "deflate", "zlib", "application/x-gzip", "application/gzip", "application/zlib"}
AMQP_1_0 = "amqp-1.0"  # RabbitMQ's `type` of a body that is no AMQP 1.0 data section
_SECTION = b"\x00\x53\x77"  # an amqp-value section
_LENGTHS = {0xA0: 1, 0xA1: 1, 0xB0: 4, 0xB1: 4}  # binary and text, by the bytes of their length


class BodyUnreadable(Exception):
    """The body is in a form that is not read; `code` is the problem's."""

    def __init__(self, text: str, code: str = "message.undecodable") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What a message says about the form of its body: `type`, `content_encoding`, kombu's header `compression`."""

    type: str = ""
    content_encoding: str = ""
    compression: str = ""


def unwrap_body(body: bytes, wrapping: Wrapping, limit: int) -> bytes:
    """Return the body as UTF-8 text without a byte order mark; what is no text is returned as it is.

    A body is unpacked to at most `limit` bytes. Raises `BodyUnreadable`.
    """
    if wrapping.type == AMQP_1_0:
        body = _value_of_section(body)
    if not _looks_plain(body):
        for encoding in _encodings(wrapping):
            body = _unpack(body, encoding, limit)
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):
        raise BodyUnreadable(f"the body is {encoding.upper()}: send UTF-8")
    return body.removeprefix(codecs.BOM_UTF8)


def canonical_json(body: bytes) -> bytes:
    """Return the same JSON with sorted keys and without white space; a body that is no JSON is returned as it is."""
    try:
        return json.dumps(from_json(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body


def _looks_plain(body: bytes) -> bool:
    # some clients name an encoding that they do not apply
    return body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{"


def _encodings(wrapping: Wrapping) -> list[str]:
    # joined by commas in HTTP, by colons in Spring ("gzip:UTF-8"); zlib tells its forms apart, whatever the order
    named = [*re.split("[,:]", wrapping.content_encoding), wrapping.compression]
    return [name for name in (each.strip().lower() for each in named) if name not in PLAIN]


def _unpack(body: bytes, encoding: str, limit: int) -> bytes:
    if encoding not in DEFLATED:
        raise BodyUnreadable(f"bodies encoded as {encoding!r} are not read: send plain UTF-8, gzip or deflate")
    for window in (47, -15):  # gzip or zlib by its own header; raw deflate
        unpacker = zlib.decompressobj(window)
        try:
            unpacked = unpacker.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(unpacked) > limit:
            raise BodyUnreadable(f"the body may have {limit} bytes after unpacking", "message.too_large")
        if unpacker.eof:
            return unpacked
    raise BodyUnreadable(f"the body is not what its encoding {encoding!r} says, or is cut off")


def _value_of_section(body: bytes) -> bytes:
    width = _LENGTHS.get(body[3], 0) if body[:3] == _SECTION and len(body) > 3 else 0
    start = 4 + width
    end = start + int.from_bytes(body[4:start])
    if not width or end > len(body):
        raise BodyUnreadable("the body is an AMQP 1.0 value of another type: send a data section, a string or a binary")
    return body[start:end]
