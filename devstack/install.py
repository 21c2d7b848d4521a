"""Make .venv with everything pinned in it; runs on a bare Python, so it imports the standard library alone."""

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from devstack.errors import StackError
from devstack.packages import install

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
REQUIREMENTS = "requirements/dev.txt"


def main() -> int:
    """Install into the current folder's .venv and give the exit status; the stamp is written last."""
    try:
        _make_venv()
        _pip("install", "--require-hashes", "-r", REQUIREMENTS)
        _pip("install", "--no-deps", "--no-build-isolation", "-e", ".")
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    STAMP.touch()
    return 0


def _make_venv() -> None:
    """A virtual environment that runs; one that does not, for instance because its Python has gone, is made anew."""
    if _run([str(PYTHON), "-m", "pip", "--version"], quiet=True):
        return
    if find_spec("ensurepip") is None:
        install([f"python3.{sys.version_info.minor}-venv"], "Python's venv module", print)
    print(f"Making {VENV} with {sys.executable}", flush=True)
    if not _run([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        raise StackError(f"{VENV} could not be made: the reason stands above")


def _pip(*arguments: str) -> None:
    if not _run([str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]):
        raise StackError(
            "pip could not install what is needed: the reason stands above. "
            f"See that a package index can be reached ({PYTHON} -m pip config list), then try again"
        )


def _run(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Whether the command could be run and ended well."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
