"""The progress of an import, kept beside its file so that it can go on where it stopped."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Changed(Exception):
    """The file or the options are not those that the import began with."""


@dataclass(slots=True)
class Totals:
    """What has become of the rows so far."""

    created: int = 0
    skipped: int = 0
    failed: dict[int, dict[str, Any]] = field(default_factory=dict)


class Ledger:
    """One JSON line for the import, then one for each finished batch, on disk before the next is counted.

    `again` starts over: the service then takes the batches for new ones instead of answering as before.
    """

    def __init__(self, file: Path, on_conflict: str, again: bool = False) -> None:
        self.totals = Totals()
        self._path = file.with_name(f"{file.name}.progress")
        self._report = file.with_name(f"{file.name}.failed.jsonl")
        self._head = {"file": _digest(file), "on_conflict": on_conflict, "run": 0}
        self._done: set[int] = set()
        self._open(again)

    def message_id(self, first: int, rows: list[dict[str, Any]]) -> str:
        """The id of the command that imports these rows: the same on every try, another for another file or run."""
        text = json.dumps([self._head, first, rows], ensure_ascii=False)
        return f"import-{hashlib.sha256(text.encode()).hexdigest()[:40]}"

    def knows(self, first: int) -> bool:
        """Whether the batch that begins with this line is finished."""
        return first in self._done

    def record(self, first: int, created: int, skipped: int, failed: dict[int, dict[str, Any]]) -> None:
        """A finished batch; `failed` holds the problems by line number."""
        entry = {"first": first, "created": created, "skipped": skipped, "failed": [*failed.items()]}
        self._write(entry)
        self._count(entry)

    def report(self) -> Path | None:
        """Write the failed rows' line numbers and problems beside the file; where, or None if there are none."""
        self._report.unlink(missing_ok=True)
        if not self.totals.failed:
            return None
        with self._report.open("w") as out:
            for line, why in sorted(self.totals.failed.items()):
                out.write(json.dumps({"line": line, **why}, ensure_ascii=False) + "\n")
        return self._report

    def _open(self, again: bool) -> None:
        head, *entries = self._read() or [None]
        if head is not None and again:
            self._head["run"] = head["run"] + 1
        elif head is not None:
            self._head["run"] = head["run"]
            if head != self._head:
                raise Changed
            for entry in entries:
                self._count(entry)
            return
        self._path.unlink(missing_ok=True)
        self._write(self._head)

    def _read(self) -> list[Any]:
        if not self._path.exists():
            return []
        *lines, cut = self._path.read_text().split("\n")
        if cut:  # half a line, from a crash in the middle of writing
            self._path.write_text("".join(f"{line}\n" for line in lines))
        return [json.loads(line) for line in lines]

    def _write(self, entry: Any) -> None:
        with self._path.open("a") as out:
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")
            out.flush()
            os.fsync(out.fileno())

    def _count(self, entry: Any) -> None:
        self._done.add(entry["first"])
        self.totals.created += entry["created"]
        self.totals.skipped += entry["skipped"]
        self.totals.failed.update((line, why) for line, why in entry["failed"])


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
