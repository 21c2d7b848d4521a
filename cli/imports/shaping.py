"""Turn the records of a file into rows of `user.import`, as the options of the command say."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.imports.cells import cell_fields
from cli.imports.progress import LEFT_OUT
from cli.imports.record import LeftOut, Record, Surroundings
from cli.imports.row import Fields
from cli.imports.side_rows import SideRows
from cli.imports.system import System
from cli.imports.telephones import telephone
from contracts.imports import ImportedUser

FIELDS = (*ImportedUser.model_fields,)
REPORT = {"line", "code", "message"}  # what each line of FILE.failed.jsonl has
TELEPHONES = ("telephone", "mobile")
OWN = System(user=lambda _: None, people=("", "users"), known=FIELDS)


@dataclass(frozen=True, slots=True)
class Shaping:
    """How records become rows: `renamed` are columns and their fields, `fixed` fields that are the same for all.

    `lost` counts what is not carried over, by name and reason.
    """

    system: System = OWN
    renamed: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    around: Surroundings = field(default_factory=lambda: Surroundings(SideRows()))
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def allowed_columns(self) -> tuple[str, ...]:
        """The columns that a heading may have; none if any."""
        return (*self.system.known, *(name.lower() for name in self.renamed)) if self.system.known else ()

    def shape(self, fields: Fields, is_table: bool) -> Fields | str | None:
        """Return the row, or what is wrong with it; None for a record that is no person. Raises `LeftOut`."""
        if self.system is OWN and fields.keys() >= REPORT:
            return _reported_row(fields)
        row = self._own_row(fields, is_table) if self.system is OWN else self._foreign_row(fields)
        if row is None:
            return None
        row |= self.fixed
        return _fault(row) or {name: value for name, value in row.items() if value not in (None, [], "")}

    def _own_row(self, fields: Fields, is_table: bool) -> Fields:
        renamed = {name.lower() if is_table else name: to for name, to in self.renamed.items()}
        row = {renamed.get(name, name): value for name, value in fields.items()}
        row.pop("", None)
        for name in TELEPHONES:
            if isinstance(row.get(name), str):
                row[name] = telephone(row[name], None, self.around.country)
        return cell_fields(row) if is_table else row

    def _foreign_row(self, fields: Fields) -> Fields | None:
        record = Record(fields, self.around)
        mapped = {to: record.take_text(name) for name, to in self.renamed.items()}
        row = self.system.user(record)
        if row is None:
            return None
        self.lost.update(record.losses.items())
        mapped.pop("", None)
        return row | cell_fields({name: value for name, value in mapped.items() if value})


def _reported_row(problem: Fields) -> Fields | str:
    """The row of a line of a report, as somebody may have corrected it, or why there is none. Raises `LeftOut`."""
    if problem["code"] == LEFT_OUT:
        raise LeftOut(problem["message"])
    row = problem.get("row")
    return row if isinstance(row, dict) else f"the report has no row: {problem['message']}"


def _fault(row: Fields) -> str | None:
    for name in TELEPHONES:
        text = row.get(name)
        if isinstance(text, str) and text and not is_dialled(text):
            return f"{name}: not a telephone number; a spreadsheet may have rounded it, format the column as text"
    return None


def is_dialled(text: str) -> bool:
    """Whether somebody could dial it: some digits, and neither a decimal number nor an exponent."""
    return sum(letter.isdigit() for letter in text) > 2 and not ("." in text and "E+" in text.upper())
