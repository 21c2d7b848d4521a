"""Rows that belong to people but stand elsewhere in a file: on disk, so that any number of them fits."""

import json
import sqlite3
from typing import Any

from cli.imports.row import Fields


class SideRows:
    """Rows by their array or table and the key of the person to whom they belong, in a temporary database."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("CREATE TABLE side (place TEXT, key TEXT, fields TEXT)")
        self._rows.execute("CREATE INDEX by_key ON side (place, key)")
        self._rows.execute("BEGIN")

    def add(self, place: str, key: Any, fields: Fields) -> None:
        """Keep a row."""
        self._rows.execute("INSERT INTO side VALUES (?, ?, ?)", (place, str(key), json.dumps(fields)))

    def find(self, place: str, key: Any) -> list[Fields]:
        """Return the rows with this key, in the order of the file."""
        found = self._rows.execute(
            "SELECT fields FROM side WHERE place = ? AND key = ? ORDER BY rowid", (place, str(key))
        )
        return [json.loads(fields) for (fields,) in found]

    def close(self) -> None:
        """Drop them all."""
        self._rows.close()
