"""Who has been told of what, in SQLite: an answer to "may I send this?" that outlives the process."""

import sqlite3
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS told (
    event_id TEXT, user_id INTEGER, state TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (event_id, user_id)
);
CREATE TABLE IF NOT EXISTS finished (event_id TEXT PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP);
DELETE FROM told WHERE at < datetime('now', '-30 days');
DELETE FROM finished WHERE at < datetime('now', '-30 days');
"""


class Store:
    """One row an event and person; each method is on disk when it returns, in about a millisecond."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.executescript(TABLES)

    def begin(self, event_id: str, user_id: int) -> str:
        """Note that a message is about to be sent. "new": send it. "told": it was sent.

        "sending": an attempt began and how it ended is unknown, since the process died or the answer was lost.
        """
        inserted = self._rows.execute(
            "INSERT INTO told (event_id, user_id, state) VALUES (?, ?, 'sending') ON CONFLICT DO NOTHING",
            (event_id, user_id),
        )
        if inserted.rowcount:
            return "new"
        found = self._rows.execute("SELECT state FROM told WHERE event_id = ? AND user_id = ?", (event_id, user_id))
        return str(found.fetchone()[0])

    def set_told(self, event_id: str, user_id: int) -> None:
        """Note that it was sent."""
        self._rows.execute("UPDATE told SET state = 'told' WHERE event_id = ? AND user_id = ?", (event_id, user_id))

    def forget(self, event_id: str, user_id: int) -> None:
        """Note that it was not sent, for certain: it may be tried again."""
        self._rows.execute("DELETE FROM told WHERE event_id = ? AND user_id = ?", (event_id, user_id))

    def finish(self, event_id: str) -> None:
        """Note that nobody is left to be told."""
        self._rows.execute("INSERT INTO finished (event_id) VALUES (?) ON CONFLICT DO NOTHING", (event_id,))

    def is_finished(self, event_id: str) -> bool:
        """Whether this event is a repeat."""
        return self._rows.execute("SELECT 1 FROM finished WHERE event_id = ?", (event_id,)).fetchone() is not None

    def close(self) -> None:
        """Close the file."""
        self._rows.close()
