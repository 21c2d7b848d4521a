"""Cells of a table as fields of `user.import`."""

from collections.abc import Mapping
from typing import Any

from cli.imports.row import Fields

FLAGS = ("disabled", "email_verified", "telephone_verified")
LISTS = ("role_ids", "group_ids")


def cell_fields(cells: Mapping[str, str]) -> Fields:
    """Return the fields that cells hold: ids are numbers (3;4), accounts are written lark:ou_1;slack:U2."""
    return {name: cell_value(name, cell) for name, cell in cells.items()}


def cell_value(name: str, cell: str) -> Any:
    """Return the value of one cell; what does not fit is left for the service to refuse."""
    if name == "id" or name in FLAGS:
        return _number(cell)
    if name in LISTS:
        return [_number(part.strip()) for part in cell.split(";") if part.strip()]
    if name == "accounts":
        return [_account(part) for part in cell.split(";") if part.strip()]
    return cell


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 20 else text


def _account(text: str) -> dict[str, str]:
    integration, _, account = text.partition(":")
    return {"integration": integration.strip(), "account": account.strip()}
