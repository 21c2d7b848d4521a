"""The image of the Dockerfile, as far as that can be told without building it."""

import re
from pathlib import Path

import pytest

from tests.support.source import packages

ROOT = Path(__file__).parents[1]
MANIFESTS = [ROOT / "compose.yaml", *sorted((ROOT / "deploy").rglob("*.yaml"))]
MODULE = re.compile(r"\[python, -m, ([\w.]+)\]|\"-m\", \"([\w.]+)\"")


def test_the_image_is_built_from_every_package_and_the_build_hook() -> None:
    taken = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {*packages(), "hatch_build.py", "pyproject.toml", ".env.example"} - taken == set()


@pytest.mark.parametrize("file", [ROOT / "Dockerfile", *MANIFESTS], ids=lambda file: file.name)
def test_a_container_starts_modules_that_the_wheel_has(file: Path) -> None:
    started = [first or second for first, second in MODULE.findall(file.read_text())]
    missing = [name for name in started if not is_in_the_wheel(name)]
    assert missing == []


def is_in_the_wheel(name: str) -> bool:
    package, _, inside = name.partition(".")
    path = ROOT / inside.replace(".", "/")
    return package == "userbus_server" and (path.with_suffix(".py").exists() or (path / "__main__.py").exists())


def test_the_containers_start_the_programs() -> None:
    text = "".join(file.read_text() for file in MANIFESTS)
    assert set(re.findall(r"userbus_server\.(\w+)", text)) == {"worker", "bridge", "devstack"}
