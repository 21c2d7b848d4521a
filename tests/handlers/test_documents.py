"""The generated documents are those of the code."""

import re
from pathlib import Path

import pytest

from contracts.catalog import CATALOG
from handlers.catalog import catalog
from handlers.documents import FOLDER, asyncapi, documents
from handlers.problems import known

ROOT = Path(__file__).parents[2]


def test_the_documents_in_the_repository_are_up_to_date() -> None:
    stale = [path for path, text in documents() if not (FOLDER / path).exists() or (FOLDER / path).read_text() != text]
    assert stale == [], "run `make docs` and read the difference: a breaking one needs a new name"


def test_no_document_is_left_over() -> None:
    made = {FOLDER / path for path, _ in documents()}
    assert {file for file in FOLDER.rglob("*") if file.is_file()} == made


def test_every_request_has_a_handler_and_the_other_way_round() -> None:
    assert catalog(None).keys() == CATALOG.keys()


@pytest.mark.parametrize("name", [name for name in CATALOG if not name.startswith("health.")])
def test_every_request_is_in_the_asyncapi_document_with_its_reply(name: str) -> None:
    operation = asyncapi()["operations"][name]
    assert operation["reply"]["messages"][0]["$ref"].endswith(f"/{name}")
    assert operation["summary"]


def test_documented_codes_are_those_that_the_code_can_raise() -> None:
    sources = [*(ROOT / "models").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")]
    pattern = re.compile(r"""(?:code\s*=\s*|_bad\(\s*)"([a-z_]+\.[a-z_]+)\"""")
    raised = {code for source in sources for code in pattern.findall(source.read_text())}
    assert raised | {"store.unavailable"} == known().keys()
