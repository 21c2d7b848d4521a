"""What the files of other systems have in common."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

HASHES: list[dict[str, str]] = json.loads((Path(__file__).parents[2] / "samples" / "hashes.json").read_text())
JANUARY = "2024-01-01T00:00:00.000Z"
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Export:
    """A file, options, how the person signs in (None: without a password there), what is kept, what is lost."""

    name: str
    content: str
    login: str
    password: str | None = PASSWORD
    lost: str = ""
    config: str = ""
    options: tuple[str, ...] = ()
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Marks:
    """Names that no other test uses; role and group exist in userbus."""

    role: int
    group: int
    name: str

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"

    @property
    def number(self) -> int:
        return 1_000_000 + int(self.name[1:8], 16)

    @property
    def telephone(self) -> str:
        return f"138{self.number % 10**8:08}"


def new_name() -> str:
    return f"u{uuid4().hex[:12]}"


def hash_by(writer: str, scheme: str) -> str:
    """A hash of PASSWORD by this program."""
    found = (one for one in HASHES if one["writer"] == writer and one["scheme"] == scheme)
    return next(one["hash"] for one in found if one["password"] == PASSWORD)


def json_export(name: str, document: Any, login: str, lost: str = "", **rest: Any) -> Export:
    return Export(name, json.dumps(document, indent=2), login, lost=lost, **rest)
