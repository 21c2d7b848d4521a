"""Reading what strangers wrote into keys, properties and headers: what cannot be read must not end the connection."""

from datetime import datetime

from pamqp import decode
from pamqp.common import FieldTable

MOST_HEADERS = 16_384  # bytes; larger ones also cost much time to read, and would not fit into a frame with ours


def tolerate() -> None:
    """Make this process's AMQP codec read every delivery.

    pamqp refuses texts that are not UTF-8, times beyond the year 9999 and deep tables, which ends the connection, again
    at each redelivery. From now on unreadable bytes of a text are escaped, such a time is none, and headers that cannot
    be read, or have more than 16 KiB, are no headers.
    """
    decode.METHODS.update(shortstr=_text, timestamp=_time, table=_headers)


def _text(value: bytes) -> tuple[int, str]:
    try:
        return decode.short_str(value)
    except UnicodeDecodeError:
        end = value[0] + 1
        return end, value[1:end].decode(errors="backslashreplace")


def _time(value: bytes) -> tuple[int, datetime | None]:
    try:
        return decode.timestamp(value)
    except (ValueError, OverflowError, OSError):
        return 8, None


def _headers(value: bytes) -> tuple[int, FieldTable]:
    length = int.from_bytes(value[:4])
    if length <= MOST_HEADERS:
        try:
            return decode.field_table(value)
        except (ValueError, OverflowError, RecursionError):
            pass
    return length + 4, {}
