"""A wheel in an environment that has its declared dependencies and nothing else."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class InstalledWheel:
    """Where the wheels were built, and one of them installed."""

    folder: Path
    python: Path
    metadata: Path


def install_wheel(name: str, folder: Path, extra: str = "", beside: str = "") -> InstalledWheel:
    """Build the wheels and install one of them with what an extra adds, and one that it needs; no index is asked."""
    run("make", "-C", ROOT, "-o", ".venv/installed", "wheels", f"DIST={folder}", folder=folder)
    wheels = [wheel for each in (name, beside) if each for wheel in folder.glob(f"{each}-*.whl")]
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-index", "--no-deps", *wheels, folder=folder)
    (metadata,) = (folder / "env" / "lib").glob(f"python3*/site-packages/{name}-*.dist-info")
    needed = [line for line in Distribution.at(metadata).requires or [] if _name(line) != _plain(beside)]
    for package in _find_needed(needed, extra, {}).values():
        _link(package, metadata.parent)
    run(*pip, "check", folder=folder)
    return InstalledWheel(folder, python, metadata)


def run(*command: str | Path, folder: Path) -> str:
    """What a command printed; raises with all of it where it fails."""
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _name(requirement: str) -> str:
    return _plain(Requirement(requirement).name)


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _find_needed(requirements: list[str], extra: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Everything that these requirements and those of an extra need, from the environment of the tests."""
    for line in requirements:
        requirement = Requirement(line)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
        for key in ("", *requirement.extras) if applies else ():
            if f"{requirement.name}[{key}]" not in found:
                package = found[f"{requirement.name}[{key}]"] = distribution(requirement.name)
                _find_needed(package.requires or [], key, found)
    return found


def _link(package: Distribution, target: Path) -> None:
    """Install what is installed here, as it is: no index is asked."""
    for file in package.files or []:
        if ".." not in file.parts and file.suffix != ".pyc":
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            if not (target / file).is_symlink():
                (target / file).symlink_to(file.locate())
