"""The wheel userbus-client in an environment that has its declared dependencies and nothing else."""

import shutil
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
    """Where the wheels were built, and the client installed."""

    folder: Path
    python: Path
    metadata: Path


def install_client(folder: Path) -> InstalledWheel:
    """Build the wheels, install the client's; no index is asked."""
    run("make", "-C", ROOT, "-o", ".venv/installed", "wheels", f"DIST={folder}", folder=folder)
    (wheel,) = folder.glob("userbus_client-*.whl")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-index", "--no-deps", wheel, folder=folder)
    (metadata,) = (folder / "env" / "lib").glob("python3*/site-packages/userbus_client-*.dist-info")
    for package in _find_needed(Distribution.at(metadata).requires or [], {}).values():
        _copy(package, metadata.parent)
    run(*pip, "check", folder=folder)
    return InstalledWheel(folder, python, metadata)


def run(*command: str | Path, folder: Path) -> str:
    """What a command printed; raises with all of it where it fails."""
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _find_needed(requirements: list[str], found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Everything that these requirements need, from the environment of the tests."""
    for line in requirements:
        requirement = Requirement(line)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and requirement.name not in found:
            found[requirement.name] = distribution(requirement.name)
            _find_needed(found[requirement.name].requires or [], found)
    return found


def _copy(package: Distribution, target: Path) -> None:
    """Install what is installed here, as it is: no index is asked."""
    for file in package.files or []:
        if ".." not in file.parts and file.suffix != ".pyc":
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file.locate(), target / file)
