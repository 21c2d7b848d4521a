"""The wheel userbus-testing, as another team has it: its plugin, the tests of its page and those of our examples."""

import ast
import asyncio
from pathlib import Path

import pytest

from tests.support.blocks import ROOT, blocks
from tests.support.source import packages
from tests.support.wheel import InstalledWheel, install_wheel, run

PAGE = ROOT / "docs" / "testing.md"
FILES = {block.text.split("\n")[0].removeprefix("# "): block.text for block in blocks(PAGE) if block.language}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> InstalledWheel:
    """The kit's wheel with the client's, in an environment of their own."""
    return install_wheel("userbus_testing", tmp_path_factory.mktemp("wheel"), "asyncio", beside="userbus_client")


def test_it_brings_one_name_and_the_plugin(wheel: InstalledWheel) -> None:
    names = {line.split("/")[0] for line in (wheel.metadata / "RECORD").read_text().splitlines()}
    assert names == {"userbus_testing", wheel.metadata.name}
    assert "userbus = userbus_testing.plugin" in (wheel.metadata / "entry_points.txt").read_text()


def test_its_modules_import_none_of_ours_by_a_general_name(wheel: InstalledWheel) -> None:
    general = {
        f"{module}: {node.module}"
        for module in (wheel.metadata.parent / "userbus_testing").rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (*packages(), "testing")
    }
    assert general == set()


async def test_the_tests_of_its_page_pass(wheel: InstalledWheel, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    said = await run_pytest(wheel, tmp_path, "-W", "error::pytest.PytestDeprecationWarning")
    assert f"{sum(text.count('def test_') for text in FILES.values())} passed" in said


async def test_the_tests_of_our_examples_pass(wheel: InstalledWheel, tmp_path: Path) -> None:
    said = await run_pytest(wheel, tmp_path, str(ROOT / "examples" / "tests"), "-c", "/dev/null")
    assert "4 passed" in said


async def run_pytest(wheel: InstalledWheel, folder: Path, *options: str) -> str:
    return await asyncio.to_thread(
        run, wheel.python, "-I", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, folder=folder
    )
