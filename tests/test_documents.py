"""The documents are those of the code: the generated ones, and what the written ones name."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr

from contracts.asyncapi.document import asyncapi
from contracts.catalog import CATALOG, FAMILIES
from contracts.entry import query_queue, queue
from contracts.topology.declared import declared_topology
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue
from handlers.problems import problem_codes
from handlers.registry import GROUPED, HANDLERS
from models.store.indexes import INDEXES
from tests.support.source import packages
from worker.asyncapi import FOLDER, documents

ROOT = Path(__file__).parents[1]
OPERATIONS = asyncapi()["operations"]


def test_the_documents_in_the_repository_are_up_to_date() -> None:
    stale = [path for path, text in documents() if not (FOLDER / path).exists() or (FOLDER / path).read_text() != text]
    assert stale == [], "run `make docs` and read the difference: a breaking one needs a new name"


def test_the_documents_are_those_that_are_generated() -> None:
    made = {FOLDER / path for path, _ in documents()}
    assert {file for file in FOLDER.rglob("*") if file.is_file()} == made, "run `make docs`"


def test_every_request_has_a_handler_and_the_other_way_round() -> None:
    assert HANDLERS.keys() - CATALOG.keys() == set(), "add it to REQUESTS of its noun in contracts"
    assert CATALOG.keys() - HANDLERS.keys() == set(), "add it to HANDLERS of its noun in handlers"


def test_only_commands_share_transactions() -> None:
    assert {name for name in GROUPED if name not in CATALOG or not CATALOG[name].is_command} == set(), "see GROUPED"


@pytest.mark.parametrize("name", [name for name in CATALOG if not name.startswith("health.")])
def test_every_request_is_in_the_asyncapi_document_with_its_reply(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["reply"]["messages"][0]["$ref"].endswith(f"/{name}")
    assert operation["summary"]


def test_documented_codes_are_those_that_the_code_can_raise() -> None:
    sources = [file for room in ("models", "handlers", "worker") for file in (ROOT / room).rglob("*.py")]
    pattern = re.compile(r"""(?:code\s*=\s*|_malformed_message\(\s*)"([a-z_]+\.[a-z_]+)\"""")
    raised = {code for source in sources for code in pattern.findall(source.read_text())}
    assert raised | {"store.unavailable"} == problem_codes().keys()


FOLDERS = (".", "docs", "docs/decisions", "examples/*")
MARKDOWN = [file for folder in FOLDERS for file in sorted(ROOT.glob(f"{folder}/*.md"))]
PATH = re.compile(rf"`((?:{'|'.join((*packages(), 'testing', 'tests', 'bench', 'examples', 'docs'))})/[\w./]*)`")
BARE = re.compile(r"""[ '"](userbus[\w-]*)(?=[\[ '"]|$)""", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("file", MARKDOWN, ids=lambda file: file.name)
def test_a_page_names_only_files_that_exist(file: Path) -> None:
    text = file.read_text()
    linked = [path for path in LINK.findall(text) if not (file.parent / path).is_file()]  # a folder is no page
    named = [path for path in PATH.findall(text) if not (ROOT / path).exists()]
    made = ("badges", "renaming")  # by whoever follows CONTRIBUTING.md
    assert linked + [path for path in named if not any(name in path for name in made)] == []


@pytest.mark.parametrize("file", MARKDOWN, ids=lambda file: file.name)
def test_a_page_installs_our_packages_from_files(file: Path) -> None:
    installed = re.findall(r"pip install([^`\n]*)", file.read_text())
    asked = [name for words in installed for name in BARE.findall(words.partition("  #")[0])]
    assert asked == [], "pip asks a public index for a bare name, where anybody may have taken it: name the wheel"


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    listed = {line.strip().rpartition("<")[2].rstrip(">") for line in index.splitlines()}
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages - listed == set(), "add it to docs/index.md"


def test_decisions_are_numbered_one_by_one() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == [*range(1, len(pages) + 1)], "give it the next free number"
    assert [page.name for page in pages if not page.read_text().startswith(f"# {int(page.name[:4])}. ")] == []


def test_the_architecture_names_everything_on_the_broker_and_in_the_database() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    names = {*INDEXES, *(part.name for part in declared_topology(100_000, 7).parts)} - {
        retry_queue(step) for step in RETRY_STEPS
    }
    families = {name(family) for family in FAMILIES for name in (queue, query_queue)}
    assert [name for name in sorted(names - families) if f"`{name}`" not in text] == []
    assert [family for family in FAMILIES if f".{family}`" not in text] == []


SETTING = {f"{noun}.{verb}" for noun in ("integration", "tenant", "user") for verb in ("create", "update")}


def test_every_request_that_takes_a_secret_is_among_the_ways_in_or_sets_one() -> None:
    section = (ROOT / "docs" / "security.md").read_text().partition("## Ways in\n")[2].partition("\n## ")[0]
    told = {name for line in section.splitlines() if line[0:1] == "|" for name in re.findall(r"`(\w+\.\w+)`", line)}
    taking = {name for name, entry in CATALOG.items() if takes_a_secret(entry.message)}
    assert taking > SETTING
    assert told == taking - SETTING


def takes_a_secret(message: type[BaseModel]) -> bool:
    return any(holds_a_secret(field.annotation) for field in message.model_fields.values())


def holds_a_secret(kind: Any) -> bool:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return takes_a_secret(kind)
    return kind is SecretStr or any(map(holds_a_secret, get_args(kind)))


def test_each_row_of_the_standard_that_is_met_names_a_test() -> None:
    rows = [line for line in (ROOT / "docs" / "asvs.md").read_text().splitlines() if re.match(r"\| \d", line)]
    met = [row for row in rows if row.split("|")[2].strip() == "met"]
    assert len(met) > 60
    assert [row for row in met if "`tests/" not in row] == []
