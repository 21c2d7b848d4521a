"""Every code block of the pages is run by a test, or says why it is not; what it calls exists."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from cli.main import app
from tests.support.blocks import PAGES, ROOT, Block, blocks, commands

LISTED: dict[str, dict[str, str]] = tomllib.loads((ROOT / "tests" / "blocks.toml").read_text())
BLOCKS = [block for page in PAGES for block in blocks(page)]
VERBS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def entry(block: Block) -> str | None:
    """The line of a block in the list, else that of its whole page."""
    listed = LISTED.get(block.page, {})
    return listed.get(block.first_line) or listed.get("*")


def test_every_block_is_listed_with_its_test_or_with_a_reason() -> None:
    assert len(BLOCKS) > 50
    missing = [f"{block.page}: {block.first_line}" for block in BLOCKS if not entry(block)]
    assert missing == [], "list it in tests/blocks.toml, with the test that runs it or why none does"


def test_what_is_listed_exists() -> None:
    there = {(block.page, block.first_line) for block in BLOCKS} | {(block.page, "*") for block in BLOCKS}
    listed = {(page, line) for page, lines in LISTED.items() for line in lines}
    assert listed - there == set()
    tests = {told.split()[0] for lines in LISTED.values() for told in lines.values() if told.startswith("tests/")}
    assert [name for name in tests if not (ROOT / name).exists()] == []


def test_every_program_in_python_is_run_or_is_a_part_of_one() -> None:
    unrun = [block for block in BLOCKS if block.language == "python" and not (entry(block) or "").startswith("tests/")]
    assert {block.page for block in unrun} <= {"CONTRIBUTING.md", "docs/tracing.md", "docs/client.md"}


CALLS = [
    pytest.param(words, id=f"{block.page} {' '.join(words)}")
    for block in BLOCKS
    for words in commands(block, "userbus")
]


@pytest.mark.parametrize("words", CALLS)
def test_a_call_of_the_command_line_is_one_that_it_takes(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in words:
        if re.fullmatch(r"FILE|[\w.]+\.\w+|hash_config", name):
            (tmp_path / name).touch()
    command, left = typer.main.get_command(app), [*words]
    while left and (inner := getattr(command, "commands", {}).get(left[0])):
        command, left = inner, left[1:]
    assert getattr(command, "invoke_without_command", True), f"there is no command {left[:1]}"
    with command.make_context("userbus", left) as context:
        assert context.args == []


@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS}))
def test_a_verb_of_make_exists(page: str) -> None:
    called = {words[0] for block in BLOCKS if block.page == page for words in commands(block, "make") if words}
    assert called - VERBS == set()
