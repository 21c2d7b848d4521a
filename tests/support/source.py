"""The product's source as syntax trees."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def packages() -> list[str]:
    """The packages of the product, as the wheel lists them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["packages"]
    return wheel


@cache
def modules() -> dict[Path, ast.Module]:
    """Every module of the product by its path below the root."""
    files = [file for package in (*packages(), "testing") for file in sorted((ROOT / package).rglob("*.py"))]
    return {file.relative_to(ROOT): ast.parse(file.read_text()) for file in files}


def functions(*, nested: bool = True) -> list[tuple[str, Function]]:
    """Every function and method with its place; `nested` false leaves out those inside another function."""
    return [
        (f"{path}:{node.lineno} {node.name}", node)
        for path, tree in modules().items()
        for node in (ast.walk(tree) if nested else _outer_nodes(tree))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _outer_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _outer_nodes(child)


def classes() -> list[tuple[str, str]]:
    """The name of every class with its module."""
    return [
        (node.name, str(path))
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]


def imports(tree: ast.Module) -> Iterator[str]:
    """The modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def defines(tree: ast.Module, name: str) -> bool:
    """Whether a module assigns to this name."""
    assigned = (node for node in tree.body if isinstance(node, ast.AnnAssign | ast.Assign))
    targets = (node.target if isinstance(node, ast.AnnAssign) else node.targets[0] for node in assigned)
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def length(node: Function) -> int:
    """Lines from the signature to the end, without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or node.lineno) - body[0].lineno + 2 if body else 1
