"""The base of all stored documents."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field


def now() -> datetime:
    """Return the time in UTC, cut to the milliseconds that MongoDB stores."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Document(BaseModel):
    """A stored document: integer id, times, and `revision`, which counts its events."""

    model_config = ConfigDict(extra="ignore", validate_by_name=True, validate_by_alias=True)
    noun: ClassVar[str]

    id: int = Field(alias="_id")
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
    revision: int = 0

    @property
    def subject(self) -> str:
        """The CloudEvents subject, for example `user/42`."""
        return f"{self.noun}/{self.id}"

    def touch(self) -> None:
        """Set `updated_at` to now, and always later than it was."""
        self.updated_at = max(now(), self.updated_at + timedelta(milliseconds=1))

    def to_row(self) -> dict[str, Any]:
        """Return the document as MongoDB stores it."""
        return self.model_dump(by_alias=True)

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Build the document from what MongoDB stores."""
        return cls.model_validate(row)
