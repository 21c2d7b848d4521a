"""The rules of CONTRIBUTING.md that a tool cannot hold, by reading the source: sizes, imports and names."""

import ast
import re
import statistics
import tomllib
from collections import defaultdict
from pathlib import Path

from tests.support.source import ROOT, Function, classes, defines, functions, imports, length, modules

FORBIDDEN = ("Service", "Manager", "Helper", "Util", "Impl", "DTO")

NAMES = tomllib.loads((ROOT / "tests" / "names.toml").read_text())
VERBS, PARTICIPLES, ADVERBS, NOUNS = (
    frozenset(NAMES[kind].split()) for kind in ("verbs", "participles", "adverbs", "nouns")
)
WITHOUT_RULE = ("property", "contextmanager", "validator", "serializer", "fixture")


def test_files_are_small() -> None:
    lines = {path: len((ROOT / path).read_text().splitlines()) for path in modules()}
    assert {path: count for path, count in lines.items() if count > 250} == {}, "begin a new file"
    assert statistics.median(lines.values()) <= 80


def test_files_beside_the_product_are_small_too() -> None:
    beside = [file for folder in ("tests", "bench", "examples") for file in (ROOT / folder).rglob("*.py")]
    assert [file.name for file in beside if len(file.read_text().splitlines()) > 250] == [], "begin a new file"


def test_functions_are_small() -> None:
    lengths = {name: length(node) for name, node in functions()}
    assert {name: count for name, count in lengths.items() if count > 40} == {}
    assert statistics.median(lengths.values()) <= 8


def test_comments_are_few() -> None:
    text = [line.strip() for path in modules() for line in (ROOT / path).read_text().splitlines()]
    written = [line for line in text if line]
    assert sum(line.startswith("#") for line in written) <= 0.04 * len(written)


def test_nothing_is_imported_inside_a_function_or_for_types_only() -> None:
    inner = [
        name for name, node in functions() for part in ast.walk(node) if isinstance(part, ast.Import | ast.ImportFrom)
    ]
    assert inner == []
    typing_only = [path for path, tree in modules().items() if "TYPE_CHECKING" in imported_names(tree)]
    assert typing_only == []


def test_handlers_are_short() -> None:
    nouns = handler_nouns()
    assert len(nouns) > 10
    long = [name for name, node in functions() if Path(name.split(":")[0]) in nouns and length(node) > 22]
    assert long == []


def test_handlers_of_one_noun_do_not_import_those_of_another() -> None:
    """What several nouns need is in a module without a HANDLERS table."""
    names = {f"handlers.{path.stem}" for path in handler_nouns()}
    assert {path: found for path in handler_nouns() if (found := names & {*imports(modules()[path])})} == {}


def test_class_names_say_what_a_thing_is() -> None:
    assert [(name, path) for name, path in classes() if name.endswith(FORBIDDEN)] == []


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for name, path in classes():
        places[name].append(path)
    homonyms = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in homonyms.items() if name not in NAMES["homonyms"]} == {}
    assert NAMES["homonyms"].keys() <= homonyms.keys()


def test_functions_that_act_begin_with_a_verb() -> None:
    """An async function, or one that returns nothing; tests/names.toml lists the verbs, add one that is missing."""
    allowed = VERBS | {*NAMES["exceptions"]}
    acting = [(place, node.name) for place, node in functions(nested=False) if acts(node)]
    wrong = [place for place, name in acting if not {name, name.lstrip("_").split("_")[0]} & allowed]
    assert wrong == []


def test_no_function_is_a_bare_participle_or_adverb() -> None:
    wrong = [place for place, node in functions() if is_participle_or_adverb(node.name.strip("_"))]
    assert wrong == []


def handler_nouns() -> list[Path]:
    """The modules of handlers with a table of their own; the registry collects them."""
    tables = [path for path, tree in modules().items() if path.parts[0] == "handlers" and defines(tree, "HANDLERS")]
    return [path for path in tables if path.name != "registry.py"]


def imported_names(tree: ast.Module) -> set[str]:
    return {name.rpartition(".")[2] for name in imports(tree)}


def acts(node: Function) -> bool:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    if re.fullmatch("__.*__", node.name) or any(word in decorator for word in WITHOUT_RULE for decorator in decorators):
        return False
    returns_nothing = isinstance(node.returns, ast.Constant) and node.returns.value is None
    return isinstance(node, ast.AsyncFunctionDef) or returns_nothing


def is_participle_or_adverb(name: str) -> bool:
    if "_" in name or name in VERBS | NOUNS | {*NAMES["exceptions"]}:
        return False
    return name.endswith(("ed", "ing")) or name in PARTICIPLES | ADVERBS
