"""Tell what an import would do: read everything, ask the service about every row, write nothing."""

from collections import Counter
from dataclasses import dataclass, field

from cli.imports.row import Fields
from cli.imports.rows import UserFile
from cli.imports.seen_keys import LOGINS, SeenKeys
from client.bus import Bus
from client.errors import Invalid
from contracts.imports import CheckImport, ImportChecked
from contracts.problem import Problem

FIRST = 10  # problems of each kind that are told
SECONDS = 60.0
TAKEN = "taken"  # the codes that end so tell what a row has in common with another, or with somebody who is there


@dataclass(slots=True)
class Findings:
    """What a dry run has found: counts, and the first problems of each kind, as number and text."""

    importable: int = 0
    skipped: int = 0
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
    """Checks a file; `show` adds the identifiers of people to their problems.

    With `skips`, people who are there already, or earlier in the file, are only counted.
    """

    file: UserFile
    show: bool = False
    skips: bool = False
    findings: Findings = field(default_factory=Findings)
    seen: SeenKeys = field(default_factory=SeenKeys)

    async def check(self, bus: Bus) -> None:
        """Ask the service about each batch. Raises `UnreadableFile`."""
        for batch in self.file.batches():
            self.findings.left_out += len(batch.left_out)
            for number, why in batch.faults.items():
                self.findings.add_problem("row.unreadable", f"{number}: {why}")
            await self._check_rows(bus, dict(zip(batch.lines, batch.rows, strict=True)))

    async def _check_rows(self, bus: Bus, given: dict[int, Fields]) -> None:
        rows = self._leave_out_clashes(given)
        if not rows:
            return
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
        failed = {each.index: each.problem for each in checked.failed}
        for index, (number, row) in enumerate(zip(numbers, rows, strict=True)):
            if index not in failed:
                self.findings.without_hash += not row.get("password_hash")
                self.seen.add(number, row)
            else:
                self._add_failed(number, row, failed[index])

    def _add_failed(self, number: int, row: Fields, problem: Problem) -> None:
        is_taken = problem.code.endswith(TAKEN)
        if is_taken and self._is_clash(number, row):
            return
        if is_taken and self.skips:
            self.findings.skipped += 1
        else:
            self.findings.add_problem(problem.code, self._text(number, row, problem.message))

    def _leave_out_clashes(self, rows: dict[int, Fields]) -> dict[int, Fields]:
        """Return the rows that an import would not refuse because of those that come before."""
        return {number: row for number, row in rows.items() if not self._is_clash(number, row)}

    def _is_clash(self, number: int, row: Fields) -> bool:
        """Whether the row has something in common with an earlier one that would come; then that is counted."""
        clash = self.seen.find_clash(row)
        if clash and self.skips:
            self.findings.skipped += 1
        elif clash:
            self.findings.add_problem("clash in the file", self._text(number, row, f"has {clash}"))
        return bool(clash)

    def _text(self, number: int, row: Fields, why: str) -> str:
        known = next((f" {row[name]}" for name in LOGINS if row.get(name)), "") if self.show else ""
        return f"{number}{known}: {why}"
