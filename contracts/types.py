"""Field types shared by the contracts, with their limits."""

import re
import unicodedata
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer, SecretStr, StringConstraints

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEEPEST = 64
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
)


def refuse_control_characters(text: str) -> str:
    """Return the text. Raises ValueError if it contains control characters (U+0000 to U+001F, U+007F)."""
    if not text.isprintable() and _CONTROL.search(text):  # most texts are, which is told faster
        raise ValueError("contains control characters")
    return text


def is_email(text: str) -> bool:
    """Whether the whole text is `local@domain` in ASCII, with at least two domain labels."""
    return _EMAIL.fullmatch(text) is not None


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError("is not an e-mail address of the form local@domain.tld")
    return text


def refuse_unreadable_characters(text: str) -> str:
    """Return a username. Raises ValueError if it contains control, private-use or unassigned characters."""
    if not text.isprintable() and any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in text):
        raise ValueError("contains control, private-use or unassigned characters")
    return text


def _password(secret: SecretStr) -> SecretStr:
    text = unicodedata.normalize("NFC", refuse_control_characters(secret.get_secret_value()))
    if not 1 <= len(text) <= 128:
        raise ValueError("must be 1 to 128 characters long")
    return SecretStr(text)


def _plain_json(given: dict[str, Any]) -> dict[str, Any]:
    level: list[Any] = [given]
    for _ in range(_DEEPEST + 1):  # what the innermost objects hold is looked at too
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return given
    raise ValueError(f"is nested deeper than {_DEEPEST} levels")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        for name in value:
            refuse_control_characters(name)
        return [*value.values()]
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("holds a number that JSON does not have")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("holds an integer of more than 64 bits")
    return value if isinstance(value, list) else []


def _past(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= datetime.now(UTC):
        raise ValueError(f"must lie between {_EARLIEST.year} and now")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def timestamp(moment: datetime) -> str:
    """A moment as ISO 8601 text, in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _in_utc(moment: datetime) -> datetime:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from None
    return moment


Id = Annotated[int, Field(ge=1, le=9_007_199_254_740_991)]
Ids = Annotated[list[Id], Field(max_length=1000)]
ChosenId = Annotated[int, Field(ge=1, le=2_147_483_647)]
_Clean = AfterValidator(refuse_control_characters)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), _Clean]
Username = Annotated[Text, AfterValidator(refuse_unreadable_characters)]
Blank = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255), _Clean]
Email = Annotated[Text, AfterValidator(_email)]
Password = Annotated[SecretStr, AfterValidator(_password)]
Timestamp = Annotated[
    AwareDatetime, AfterValidator(_in_utc), PlainSerializer(timestamp, return_type=str, when_used="json")
]
# rows of an import are checked after their JSON has been read, so these take texts
PastTimestamp = Annotated[Timestamp, Field(strict=False), AfterValidator(_past)]
Uuid = Annotated[UUID, Field(strict=False)]
PlainJson = Annotated[dict[str, Any], AfterValidator(_plain_json)]
Flag = Literal[0, 1]
Status = Literal[1, -1]
UserType = Literal["user", "group", "integration"]
