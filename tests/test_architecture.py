"""The rules with numbers, held by reading the source."""

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("contracts", "models", "handlers", "bridge", "cli", "devstack")
FORBIDDEN = ("Service", "Manager", "Helper", "Util", "Impl", "DTO")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[Path, ast.Module]:
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {file.relative_to(ROOT): ast.parse(file.read_text()) for file in files}


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    for path, tree in modules().items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, kinds))


def functions() -> list[tuple[str, Function]]:
    found = nodes(ast.FunctionDef, ast.AsyncFunctionDef)
    return [(f"{path}:{node.name}", node) for path, node in found if isinstance(node, Function)]


def length(node: Function) -> int:
    """Lines from the signature to the end, without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or node.lineno) - body[0].lineno + 2 if body else 1


def test_files_are_small() -> None:
    lines = {path: len((ROOT / path).read_text().splitlines()) for path in modules()}
    assert {path: count for path, count in lines.items() if count > 250} == {}
    assert statistics.median(lines.values()) <= 80


def test_files_beside_the_product_are_small_too() -> None:
    beside = [file for folder in ("tests", "bench", "examples") for file in (ROOT / folder).rglob("*.py")]
    assert [file.name for file in beside if len(file.read_text().splitlines()) > 250] == []


def test_functions_are_small() -> None:
    lengths = {name: length(node) for name, node in functions()}
    assert {name: count for name, count in lengths.items() if count > 40} == {}
    assert statistics.median(lengths.values()) <= 8


def test_nothing_is_imported_inside_a_function_or_for_types_only() -> None:
    inner = [
        name for name, node in functions() for part in ast.walk(node) if isinstance(part, (ast.Import, ast.ImportFrom))
    ]
    assert inner == []
    assert [path for path, node in nodes(ast.Name) if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"] == []


def test_class_names_say_what_a_thing_is() -> None:
    classes = [(path, node.name) for path, node in nodes(ast.ClassDef) if isinstance(node, ast.ClassDef)]
    assert [(path, name) for path, name in classes if name.endswith(FORBIDDEN)] == []


def test_handlers_are_plain_short_functions() -> None:
    nouns = [path for path, tree in modules().items() if path.parts[0] == "handlers" and _has_table(tree)]
    assert nouns
    long = [name for name, node in functions() if Path(name.split(":")[0]) in nouns and length(node) > 22]
    assert long == []
    for path in nouns:
        imported = {name.split(".")[0] for name in _imported(modules()[path])}
        assert not imported & {"aio_pika", "faststream", "pymongo", "bson", "starlette"}, path


def _has_table(tree: ast.Module) -> bool:
    tables = (part for part in tree.body if isinstance(part, (ast.AnnAssign, ast.Assign)))
    return any("HANDLERS" in ast.dump(part) for part in tables) and not _imports_nouns(tree)


def _imports_nouns(tree: ast.Module) -> bool:
    return any(isinstance(part, ast.ImportFrom) and part.module == "handlers" for part in tree.body)


def _imported(tree: ast.Module) -> Iterator[str]:
    for part in ast.walk(tree):
        if isinstance(part, ast.ImportFrom) and part.module:
            yield part.module
        elif isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)


CLASSES_OF = {
    "aio_pika": {"handlers", "bridge", "cli"},
    "faststream": {"handlers"},
    "starlette": {"bridge"},
    "pymongo": {"models", "devstack"},
    "bson": {"models"},
    "motor": {"models"},
}


@pytest.mark.parametrize(("library", "packages"), CLASSES_OF.items())
def test_libraries_stay_where_they_belong(library: str, packages: set[str]) -> None:
    users = {path.parts[0] for path, tree in modules().items() if library in {n.split(".")[0] for n in _imported(tree)}}
    assert users <= packages


def test_comments_are_few() -> None:
    text = [line.strip() for path in modules() for line in (ROOT / path).read_text().splitlines()]
    written = [line for line in text if line]
    assert sum(line.startswith("#") for line in written) <= 0.04 * len(written)
