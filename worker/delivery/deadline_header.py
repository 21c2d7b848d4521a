"""The caller's deadline, as clients of many languages write it."""

import contextlib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

DEADLINE = "x-deadline"
NEVER = 253_402_300_800_000  # the year 10000 in ms: a later deadline counts as none
YEAR = 366 * 86_400
CUT_OFF = 1.0  # an AMQP timestamp has whole seconds: the message may have been sent up to one later


class DeadlineInvalid(Exception):
    """The deadline lies more than a year in the past, so its unit must be wrong; `field` says where it was read."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def read_deadline(message: AbstractIncomingMessage, headers: Mapping[str, Any]) -> float | None:
    """Return the deadline as Unix time in seconds, None where the message has none that can be read.

    It is `x-deadline` (Unix ms as number or text, ISO 8601, or an AMQP timestamp), else `timestamp` + `expiration`.
    Raises `DeadlineInvalid`.
    """
    deadline = _read_header(headers.get(DEADLINE))
    if deadline is not None:
        text = "is Unix time in milliseconds, and this lies years in the past: were seconds meant?"
        return _require_recent(deadline, DEADLINE, text)
    if message.timestamp and isinstance(message.expiration, (int, float)):
        sent = message.timestamp.timestamp()
        deadline = sent + float(message.expiration) + (0.0 if message.timestamp.microsecond else CUT_OFF)
        return _require_recent(
            deadline, "timestamp", "is Unix time in seconds, and with expiration lies years in the past"
        )
    return None


def _read_header(value: Any) -> float | None:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str):
        return _read_text(value.strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < NEVER:
        return float(value) / 1000
    return None


def _read_text(text: str) -> float | None:
    with contextlib.suppress(ValueError):
        return _read_header(float(text))
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo else None
    return None


def _require_recent(deadline: float, field: str, text: str) -> float:
    if deadline < time.time() - YEAR:
        raise DeadlineInvalid(field, text)
    return deadline
