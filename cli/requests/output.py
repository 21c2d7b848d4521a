"""Views on standard output: tables for people, JSON for programs."""

import json
from typing import Any

from cli.output import print_line
from cli.table import print_table
from contracts.base import View

MAX_COLUMNS = 8


def print_view(view: View, as_json: bool) -> None:
    """Print a view: rows as a table or as one JSON object a line, anything else as its fields or one object."""
    shown = view.model_dump(mode="json")
    rows = shown.get("items", [shown])
    if as_json:
        for row in rows:
            print_line(json.dumps(row, ensure_ascii=False))
    elif "items" not in shown:
        told = [(name, _cell(value)) for name, value in shown.items() if _is_told(value)]
        print_table(("field", "value"), told or [(name, "none") for name in shown])
    else:
        print_rows(rows)
    if shown.get("next"):
        print_line(f"there are more: --after {shown['next']}", err=True)


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Print rows as a table of the first fields that any of them has."""
    names = [name for name in rows[0] if any(_is_told(row[name]) for row in rows)][:MAX_COLUMNS] if rows else ["none"]
    print_table(names, [[_cell(row[name]) for name in names] for row in rows])


def _is_told(value: Any) -> bool:
    return value not in (None, "", [], {})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
