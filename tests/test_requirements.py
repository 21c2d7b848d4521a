"""What is installed is pinned: the version of each package and the digests of its files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTS = sorted((ROOT / "requirements").glob("*.txt"))
INSTALLERS = ("Dockerfile", "Makefile", "devstack/install.py")
ENTRY = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.+!-]+( ; .+)?( --hash=sha256:[0-9a-f]{64})+")


def entries(text: str) -> list[str]:
    """The entries of a list, each in one line."""
    whole = text.replace("\\\n", " ")
    lines = (re.sub(r"\s+", " ", line.partition(" #")[0]).strip() for line in whole.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_each_list_is_made_of_what_is_asked_for() -> None:
    assert {file.stem for file in LISTS} == {file.stem for file in (ROOT / "requirements").glob("*.in")}


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.name)
def test_each_package_has_one_version_and_digests(file: Path) -> None:
    listed = entries(file.read_text())
    assert listed
    assert [entry for entry in listed if not ENTRY.fullmatch(entry)] == []


@pytest.mark.parametrize("name", INSTALLERS)
def test_whoever_installs_a_list_asks_for_the_digests(name: str) -> None:
    text = (ROOT / name).read_text()
    installing = [line for line in text.splitlines() if re.search(r"install\b.* -r |\"-r\"", line)]
    assert installing
    assert [line for line in installing if "--require-hashes" not in line] == []


def test_an_entry_without_a_digest_is_noticed() -> None:
    (bare,) = entries("click==8.1\n")
    (whole,) = entries(f"click==8.1 \\\n    --hash=sha256:{'0' * 64}\n    # via typer\n")
    assert (ENTRY.fullmatch(bare), bool(ENTRY.fullmatch(whole))) == (None, True)
