"""Generate the documents of the bus: AsyncAPI 3.1, one JSON Schema per message, the list of problem codes.

`python -m worker.asyncapi [FOLDER]` writes them, into docs/bus by default.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.asyncapi.document import asyncapi
from contracts.asyncapi.messages import DIALECT, event_payload
from contracts.catalog import CATALOG, EVENTS
from handlers.problems import problem_codes

Json = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "docs" / "bus"


def documents() -> Iterator[tuple[str, str]]:
    """Yield the path of each document below the folder, and its text."""
    yield "asyncapi.json", _text(asyncapi())
    yield "problems.md", problems()
    for name, entry in CATALOG.items():
        yield f"schemas/{name}.json", _text(_schema(entry.message, name))
        yield f"schemas/{name}.reply.json", _text(_schema(entry.reply, f"{name}.reply", mode="serialization"))
    for name, view in EVENTS.items():
        yield f"schemas/event.{name}.v1.json", _text(_event_schema(name, view))


def problems() -> str:
    """Return the table of problem codes."""
    rows = [f"| `{code}` | {kind} | {text} |" for code, (kind, text) in sorted(problem_codes().items())]
    head = ["# Problem codes", "", "| code | kind | what happened |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _schema(model: type[BaseModel], name: str, mode: Any = "validation") -> Json:
    return {"$schema": DIALECT, "$id": f"urn:userbus:schema:{name}"} | model.model_json_schema(mode=mode)


def _event_schema(name: str, view: type[BaseModel]) -> Json:
    data = view.model_json_schema(mode="serialization")
    inner = {"$defs": data.pop("$defs")} if "$defs" in data else {}
    head = {"$schema": DIALECT, "$id": f"urn:userbus:schema:event.{name}.v1"}
    return head | inner | event_payload(name, data)


def _text(document: Json) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=False) + "\n"


def main() -> None:
    """Write all documents."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for path, text in documents():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


if __name__ == "__main__":
    main()
