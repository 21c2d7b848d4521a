"""docs/client.md names all that there is, and its programs are Python."""

import ast
import inspect
import re
from pathlib import Path

import client
from client import Bus, BusError, Event, Options
from client.errors import KINDS

TEXT = (Path(__file__).parents[2] / "docs" / "client.md").read_text()
TABLED = set(re.findall(r"^\| `(?:await bus\.|bus\.)?(\w+)", TEXT, re.MULTILINE))
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_every_method_option_and_exception_is_in_a_table() -> None:
    methods = {name for name, _ in inspect.getmembers(Bus, inspect.isfunction) if not name.startswith("_")}
    errors = {name for name in client.__all__ if _is_error(name)} - {BusError.__name__}
    assert methods <= TABLED
    assert errors <= TABLED
    assert {error.__name__ for error in KINDS.values()} <= errors
    assert [option for option in Options.__annotations__ if f"`{option}`" not in TEXT] == []
    assert [field for field in Event.__dataclass_fields__ if f"`{field}`" not in TEXT] == []


def test_its_programs_are_python() -> None:
    assert len(PROGRAMS) >= 5
    for program in PROGRAMS:
        compile(program, "client.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _is_error(name: str) -> bool:
    value = getattr(client, name)
    return isinstance(value, type) and issubclass(value, BusError)
