"""The progress of an import, kept beside its file so that an interrupted import can be resumed."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.imports.row import Fields

LEFT_OUT = "row.left_out"  # people whom their own system calls deleted, or no people


class FileChanged(Exception):
    """The file or the options are not those with which the import began."""


@dataclass(slots=True)
class ImportTotals:
    """Rows created and skipped so far, and the problems of those that failed, by line number.

    `repeated` of the created were so by an import of the same file whose progress is lost. `without_password` are the
    lines of created users whose hashes say that nobody can sign in.
    """

    created: int = 0
    repeated: int = 0
    skipped: int = 0
    failed: dict[int, dict[str, Any]] = field(default_factory=dict)
    without_password: list[int] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        """How many of the failed were not to be imported, as their own system says."""
        return sum(problem["code"] == LEFT_OUT for problem in self.failed.values())


class ImportProgress:
    """A file with one JSON line for the import, then one for each finished batch, synced to disk one by one.

    Only its owner may read it, as rows that failed are named in it. `reading` tells how the file is read. `again`
    starts over under new message ids, so that the service imports every batch anew. Raises `FileChanged`.
    """

    def __init__(self, file: Path, on_conflict: str, again: bool = False, reading: str = "") -> None:
        self.totals = ImportTotals()
        self._path = file.with_name(f"{file.name}.progress")
        self._report = file.with_name(f"{file.name}.failed.jsonl")
        self._head = {"file": file_digest(file), "on_conflict": on_conflict, "run": 0}
        self._head |= {"reading": reading} if reading else {}
        self._done: set[int] = set()
        self.has_recorded = False  # by this process, not by one before it
        self.may_repeat = False  # nothing was found beside the file, which tells nothing of other folders
        self._open(again)

    def message_id(self, first: int, rows: list[dict[str, Any]]) -> str:
        """The id of the command that imports these rows: the same on every try, different for another file or run."""
        text = json.dumps([self._head, first, rows], ensure_ascii=False)
        return f"import-{hashlib.sha256(text.encode()).hexdigest()[:40]}"

    def is_finished(self, first: int) -> bool:
        """Whether the batch that begins with this line is finished."""
        return first in self._done

    def record(
        self,
        first: int,
        created: int,
        skipped: int,
        failed: dict[int, dict[str, Any]],
        without_password: Sequence[int] = (),
        repeated: int = 0,
    ) -> None:
        """Record a finished batch; `failed` holds the problems by line number, `without_password` line numbers."""
        entry = {"first": first, "created": created, "skipped": skipped, "failed": [*failed.items()]}
        entry |= {"without_password": [*without_password], "repeated": repeated}
        self._write(entry)
        self._count(entry)
        self.has_recorded = True

    def write_report(self, rows: Mapping[int, Fields]) -> Path | None:
        """Write line numbers and problems of failed rows beside the input; the path, or None if none failed.

        Those in `rows` are written with their problems, so that the report can be imported; only its owner may read it.
        """
        self._report.unlink(missing_ok=True)
        if not self.totals.failed:
            return None
        self._report.touch(mode=0o600)
        with self._report.open("w", encoding="utf-8") as out:
            for line, why in sorted(self.totals.failed.items()):
                shown = {"row": rows[line]} if line in rows else {}
                out.write(json.dumps({"line": line, **why, **shown}, ensure_ascii=False) + "\n")
        return self._report

    def _open(self, again: bool) -> None:
        head, *entries = self._read() or [None]
        if head is not None and again:
            self._head["run"] = head["run"] + 1
        elif head is not None:
            self._head["run"] = head["run"]
            if head != self._head:
                raise FileChanged
            for entry in entries:
                self._count(entry)
            return
        self.may_repeat = head is None
        self._path.unlink(missing_ok=True)
        self._path.touch(mode=0o600)
        self._write(self._head)

    def _read(self) -> list[Any]:
        if not self._path.exists():
            return []
        *lines, cut = self._path.read_bytes().split(b"\n")
        if cut:  # half a line, from a crash in the middle of writing
            self._path.write_bytes(b"".join(line + b"\n" for line in lines))
        return [json.loads(line) for line in lines]

    def _write(self, entry: Any) -> None:
        with self._path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")
            out.flush()
            os.fsync(out.fileno())

    def _count(self, entry: Any) -> None:
        self._done.add(entry["first"])
        self.totals.created += entry["created"]
        self.totals.skipped += entry["skipped"]
        self.totals.repeated += entry.get("repeated", 0)
        self.totals.failed.update((line, why) for line, why in entry["failed"])
        self.totals.without_password += entry.get("without_password", [])


def file_digest(file: Path) -> str:
    """The SHA-256 of what a file holds."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
