"""Times as other systems write them."""

import re
from datetime import UTC, datetime
from typing import Any

FIRST_YEAR = 1900
_NUMBER = re.compile(r"[0-9]{9,}(\.[0-9]+)?")  # shorter ones are dates, as 20240101
_MILLISECONDS = 10**11  # a number from here on counts milliseconds: as seconds it would be after the year 5000


def parse_time(value: Any) -> str | None:
    """Return a past time as ISO 8601 text; None for what is none.

    It may be ISO 8601, as databases write it, or count seconds or milliseconds since 1970; without a zone it is UTC.
    """
    try:
        moment = _moment(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat() if moment.year >= FIRST_YEAR and moment <= datetime.now(UTC) else None


def _moment(text: str) -> datetime:
    if _NUMBER.fullmatch(text):
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
