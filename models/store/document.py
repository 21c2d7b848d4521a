"""What every stored document has."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field


def now() -> datetime:
    """The present moment in UTC, cut to the milliseconds that MongoDB keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Document(BaseModel):
    """A stored row: integer id, times, and `revision`, which counts the row's events."""

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
        """Move `updated_at`, always forwards."""
        self.updated_at = max(now(), self.updated_at)

    def to_row(self) -> dict[str, Any]:
        """The document as MongoDB stores it."""
        return self.model_dump(by_alias=True)

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """The document of a stored row."""
        return cls.model_validate(row)
