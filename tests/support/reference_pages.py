"""The site's reference, written from the code: `python -m tests.support.reference_pages`, which `make site` runs."""

import json
import re
from collections.abc import Iterable
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal

import typer.main
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from typer.cli import get_docs_for_click

from bridge.openapi.document import operation
from bridge.rest.dialect import Dialect
from cli.main import app
from contracts.catalog import CATALOG, EVENTS
from contracts.health import CheckHealth
from tests.support.dialects import DIALECTS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
SETTING = re.compile(r"^([A-Z0-9_]+)=(.*?)(?:\s+#\s*(.*))?$")
SECTION = re.compile(r"^# --- (.*?) -+$")
REQUESTS = """Requests by name, each with its fields and what it is answered with. [Problem codes](../bus/problems.md)
say how one is refused, [the glossary](../glossary.md) has the words; `docs/bus/schemas` has a JSON Schema of each."""
EVENTS_HEAD = "Events by name, each with the view in its `data`. [Concepts](../concepts.md#events) says what they are."
SETTINGS = "Environment variables, from `.env.example`. A file in the folder USERBUS_SECRETS_DIR can hold one as well."
HTTP = "Calls of the bridge, a table a dialect; `/docs` of a running bridge has their fields and answers."

Json = dict[str, Any]
MODELS: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
    *dict.fromkeys((entry.message, "validation") for entry in CATALOG.values()),
    *dict.fromkeys((entry.message.reply_type(), "serialization") for entry in CATALOG.values()),
    *dict.fromkeys((view, "serialization") for view in EVENTS.values()),
]
PLACES, _ALL = models_json_schema([*dict.fromkeys(MODELS)])
SHAPES: Json = _ALL["$defs"]


def pages() -> dict[str, str]:
    """Return the pages' texts by the names of their files."""
    parts = {
        "requests": ("Requests", REQUESTS, [*map(_request, sorted(CATALOG)), *_shapes()]),
        "events": ("Events", EVENTS_HEAD, map(_event, sorted(EVENTS))),
        "settings": ("Settings", SETTINGS, [_settings((ROOT / ".env.example").read_text())]),
        "http": ("HTTP", HTTP, map(_dialect, DIALECTS)),
        "command-line": ("The command line", "Every command tells its options with `--help`.", [_command_line()]),
    }
    return {
        f"{name}.md": "\n\n".join([f"# {title}", head, *body]) + "\n" for name, (title, head, body) in parts.items()
    }


def _request(name: str) -> str:
    entry = CATALOG[name]
    kind = "Command" if entry.is_command else "Query"
    about = f"{kind} of the family `{entry.family}`, answered with {_link(_reference(entry.message.reply_type()))}."
    schema = SHAPES[_reference(entry.message)]
    python = f'await bus.check_health("{entry.family}")' if entry.message is CheckHealth else _import(entry.message)
    text = cleandoc(entry.message.__doc__ or "")
    return f"## {name}\n\nIn Python: `{python}`\n\n{text}\n\n{about}{_fields(schema)}"


def _shapes() -> list[str]:
    """Everything that requests hold or are answered with, or events carry."""
    requests = {_reference(entry.message) for entry in CATALOG.values()}
    shown = [
        f"({_target(name)})=\n### {schema.get('title', name)}\n\n{schema.get('description', '')}{_fields(schema)}"
        for name, schema in sorted(SHAPES.items())
        if name not in requests
    ]
    return ["## Shapes", *shown]


def _reference(model: type[BaseModel]) -> str:
    """The name of a model's schema."""
    return str(next(place["$ref"] for (each, _), place in PLACES.items() if each is model)).rpartition("/")[2]


def _target(name: str) -> str:
    return "shape-" + re.sub(r"\W+", "-", name.lower()).strip("-")


def _link(name: str) -> str:
    return f"[{SHAPES[name].get('title', name)}](#{_target(name)})"


def _event(name: str) -> str:
    view = EVENTS[name]
    carried = f"Carries {_link(_reference(view))}: {cleandoc(view.__doc__ or '')}"
    return f"## {name}\n\nIn Python: `{_import(view)}`\n\n{carried}"


def _import(model: type[BaseModel]) -> str:
    """How users of the client import a class, which has the name `userbus` for our packages."""
    return f"from userbus.{model.__module__} import {model.__name__}"


def _fields(schema: Json) -> str:
    required = schema.get("required", [])
    rows = [
        (f"`{name}`", _kind(each), "required" if name in required else _default(each), each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]
    heads = ("field", "type", "default", "what it is")
    width = 4 if any(row[3] for row in rows) else 3
    return "\n\n" + _table(heads[:width], (row[:width] for row in rows)) if rows else ""


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(map(_kind, options))
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{json.dumps(each)}`" for each in schema.get("enum") or [schema["const"]])
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))


def _default(schema: Json) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else ""


def _settings(text: str) -> str:
    parts: list[str] = []
    rows: list[tuple[str, ...]] = []
    for line in [*text.splitlines(), "# --- end ---"]:
        if (heading := SECTION.match(line)) and rows:
            parts.append(_table(("setting", "default", "meaning"), rows))
            rows = []
        if heading and heading[1] != "end":
            parts.append(f"## {heading[1].capitalize()}")
        elif setting := SETTING.match(line):
            rows.append((f"`{setting[1]}`", f"`{setting[2]}`" if setting[2] else "", setting[3] or ""))
    return "\n\n".join(parts)


def _dialect(dialect: Dialect) -> str:
    rows = [
        (endpoint.method, f"`{endpoint.path}`", operation(dialect, endpoint)["summary"])
        for endpoint in dialect.endpoints
    ]
    return f"## {dialect.name}\n\n" + _table(("method", "path", "what it does"), rows)


def _command_line() -> str:
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="userbus")
    return get_docs_for_click(obj=command, ctx=context, name="userbus").partition("\n")[2].strip()


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = (tuple(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows)
    lines = [heads, ("---",) * len(heads), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
