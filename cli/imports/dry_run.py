"""Tell what an import would do: read everything, ask the service about every row, write nothing."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from cli.imports.row import Fields
from cli.imports.rows import RowBatch, UserFile
from client.bus import Bus
from client.errors import Invalid
from contracts.imports import CheckImport, ImportChecked

FIRST = 10  # problems of each kind that are told
SECONDS = 60.0
LOGINS = ("username", "email", "telephone")


class SeenLogins:
    """The identifiers of a file so far, in a temporary database, with the rows that have them."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("CREATE TABLE seen (login TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def find_clash(self, number: int, row: Fields) -> str | None:
        """Return what the row has in common with an earlier one, letter case ignored; else remember the row."""
        logins = {str(row[name]).casefold(): name for name in LOGINS if row.get(name)}
        for login, name in logins.items():
            found = self._seen.execute("SELECT number FROM seen WHERE login = ?", (login,)).fetchone()
            if found:
                return f"the {name} of line or record {found[0]:,} of the same file"
        self._seen.executemany("INSERT INTO seen VALUES (?, ?)", [(login, number) for login in logins])
        return None


@dataclass(slots=True)
class Findings:
    """What a dry run has found: counts, and the first problems of each kind, as number and text."""

    importable: int = 0
    left_out: int = 0
    without_password: int = 0  # their hashes say that nobody can sign in
    without_hash: int = 0
    schemes: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    problems: dict[str, list[str]] = field(default_factory=dict)

    def add_problem(self, kind: str, text: str) -> None:
        """Count a problem, and keep its text if it is one of the first of its kind."""
        self.counts[kind] += 1
        if len(kept := self.problems.setdefault(kind, [])) < FIRST:
            kept.append(text)


@dataclass(slots=True)
class DryRun:
    """Checks a file; `show` adds the identifiers of people to their problems."""

    file: UserFile
    show: bool = False
    findings: Findings = field(default_factory=Findings)
    seen: SeenLogins = field(default_factory=SeenLogins)

    async def check(self, bus: Bus) -> None:
        """Ask the service about each batch. Raises `UnreadableFile`."""
        for batch in self.file.batches():
            self.findings.left_out += len(batch.left_out)
            for number, why in batch.faults.items():
                self.findings.add_problem("row.unreadable", f"{number}: {why}")
            rows = self._unique_rows(batch)
            if rows:
                await self._check_rows(bus, rows)

    def _unique_rows(self, batch: RowBatch) -> dict[int, Fields]:
        unique = {}
        for number, row in zip(batch.lines, batch.rows, strict=True):
            clash = self.seen.find_clash(number, row)
            if clash:
                self.findings.add_problem("clash in the file", self._text(number, row, f"has {clash}"))
            else:
                unique[number] = row
        return unique

    async def _check_rows(self, bus: Bus, rows: dict[int, Fields]) -> None:
        numbers, values = [*rows], [*rows.values()]
        try:
            checked = await bus.ask(CheckImport(users=values), timeout=SECONDS, retry=True)
        except Invalid as error:
            if len(rows) == 1:
                self.findings.add_problem(error.code, self._text(numbers[0], values[0], error.message))
                return
            half = len(rows) // 2
            await self._check_rows(bus, dict(zip(numbers[:half], values[:half], strict=True)))
            await self._check_rows(bus, dict(zip(numbers[half:], values[half:], strict=True)))
        else:
            self._add(checked, numbers, values)

    def _add(self, checked: ImportChecked, numbers: list[int], rows: list[Fields]) -> None:
        self.findings.importable += checked.importable
        self.findings.without_password += len(checked.without_password)
        self.findings.schemes.update(checked.schemes)
        failed = {each.index for each in checked.failed}
        self.findings.without_hash += sum(
            not row.get("password_hash") for index, row in enumerate(rows) if index not in failed
        )
        for each in checked.failed:
            text = self._text(numbers[each.index], rows[each.index], each.problem.message)
            self.findings.add_problem(each.problem.code, text)

    def _text(self, number: int, row: Fields, why: str) -> str:
        known = next((f" {row[name]}" for name in LOGINS if row.get(name)), "") if self.show else ""
        return f"{number}{known}: {why}"
