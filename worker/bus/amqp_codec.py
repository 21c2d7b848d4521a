"""Read keys, properties and headers that anybody may have written: none of them may end the connection."""

from datetime import UTC, datetime

from pamqp import decode
from pamqp.common import FieldTable

MAX_HEADERS = 16_384  # bytes; larger tables are slow to read, and would not fit into one frame with our own headers
MAX_SECONDS = 100_000_000_000  # the year 5138: senders whose times lie beyond count in a smaller unit


def install_lenient_codec() -> None:
    """Make this process's AMQP codec accept every delivery.

    pamqp rejects texts that are not UTF-8, times beyond the year 9999 and deeply nested tables; each of them ends the
    connection, again at every redelivery. From now on unreadable bytes of a text are escaped, a time in milliseconds,
    microseconds or nanoseconds is read as what it means, and headers that cannot be read, or exceed 16 KiB, are read as
    no headers.
    """
    decode.METHODS.update(shortstr=_text, timestamp=_time, table=_headers)


def _text(value: bytes) -> tuple[int, str]:
    try:
        return decode.short_str(value)
    except UnicodeDecodeError:
        end = value[0] + 1
        return end, value[1:end].decode(errors="backslashreplace")


def _time(value: bytes) -> tuple[int, datetime | None]:
    seconds: float = int.from_bytes(value[:8])
    while seconds > MAX_SECONDS:
        seconds /= 1000
    return 8, datetime.fromtimestamp(seconds, UTC)


def _headers(value: bytes) -> tuple[int, FieldTable]:
    length = int.from_bytes(value[:4])
    if length <= MAX_HEADERS:
        try:
            return decode.field_table(value)
        except (ValueError, OverflowError, RecursionError):
            pass
    return length + 4, {}
