"""What may belong to one user alone, of the people of a file who would come so far."""

import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from cli.imports.row import Fields

LOGINS = ("username", "email", "telephone")
IDENTITIES = ("id", "uuid", "external_id")


class SeenKeys:
    """Identifiers, ids and accounts, in a temporary database, with the rows that have them."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def find_clash(self, row: Fields) -> str | None:
        """Return what the row has in common with one that was added; it may hold anything."""
        for key, name in _keys(row):
            found = self._seen.execute("SELECT number FROM seen WHERE key = ?", (key,)).fetchone()
            if found:
                return f"the {name} of line or record {found[0]:,} of the same file"
        return None

    def add(self, number: int, row: Fields) -> None:
        """Remember a row that would come."""
        self._seen.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", [(key, number) for key, _ in _keys(row)])


def _keys(row: Fields) -> Iterator[tuple[str, str]]:
    """Yield keys with the names of their fields; any identifier clashes with any other, in any spelling."""
    for name in LOGINS:
        if row.get(name):
            yield f"login {_fold(str(row[name]))}", name
    for name in IDENTITIES:
        if row.get(name):
            yield f"{name} {_canonical_uuid(row[name]) if name == 'uuid' else row[name]}", name
    for account in _accounts(row.get("accounts")):
        yield f"account {json.dumps([account.get('integration'), account.get('account')])}", "account"


def _accounts(given: Any) -> list[Fields]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def _canonical_uuid(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:  # which the service refuses
        return str(value)
