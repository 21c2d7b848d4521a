"""The options of `userbus import` that say how a file is read."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from cli.connection import stop
from cli.imports.cells import cell_value
from cli.imports.content import Content
from cli.imports.record import Surroundings
from cli.imports.row import UnreadableFile
from cli.imports.shaping import FIELDS, OWN, Shaping
from cli.imports.side_rows import SideRows
from cli.imports.system_modules import find_system, system_names

_CONFIG = re.compile(r"^\s*(\w+)\s*[:=]\s*(.*?)\s*,?\s*$", re.MULTILINE)


def find_shaping(name: str | None, renamed: Iterable[str], fixed: Iterable[str], around: Surroundings) -> Shaping:
    """Return how records become rows. A name or field that does not exist ends the program with a sentence."""
    if name is not None and name not in system_names():
        stop(f"--from {name} is none of {', '.join(system_names())}")
    return Shaping(
        find_system(name) if name else OWN,
        {column: _require_field(field, "--map") for column, field in _pairs(renamed, "--map")},
        {field: cell_value(_require_field(field, "--set"), text) for field, text in _pairs(fixed, "--set")},
        around,
    )


def find_surroundings(hash_config: Path | None, country: str | None) -> Surroundings:
    """Return them; the file of hash parameters has `name: value` on each line, as Firebase shows them, or is JSON."""
    given = _config(_text(hash_config)) if hash_config else {}
    return Surroundings(SideRows(), given, country.upper() if country else None)


def _text(file: Path) -> str:
    try:
        return "".join(Content(file).pieces())
    except UnreadableFile as error:
        stop(f"{file.name}: {error}")


def _config(text: str) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        return dict(_CONFIG.findall(text))


def add_passwords(file: Path | None, shaping: Shaping) -> None:
    """Read a file of hashes apart from people, one JSON object a line, as Auth0's support sends it."""
    key = shaping.system.side.get("passwords")
    if file is None:
        return
    if key is None:
        stop("--passwords is for --from auth0")
    try:
        for number, line in enumerate(Content(file).lines(), 1):
            if line.strip():
                _add_password(number, line, key, shaping.around.side)
    except UnreadableFile as error:
        raise UnreadableFile(f"--passwords: {error}") from error


def _add_password(number: int, line: str, key: str, side: SideRows) -> None:
    try:
        fields = json.loads(line)
        side.add("passwords", _at(fields, key), fields)
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableFile(f"line {number} is no hash of {key}") from error


def _at(fields: object, path: str) -> object:
    for name in path.split("."):
        fields = fields[name]  # type: ignore[index]  # what is no object raises TypeError
    return fields


def _pairs(texts: Iterable[str], option: str) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not name or not equals:
            stop(f"{option} wants two names with = between them, not {name!r}")
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _require_field(field: str, option: str) -> str:
    if field and field not in FIELDS:
        stop(f"{option}: {field} is none of {', '.join(FIELDS)}")
    return field
