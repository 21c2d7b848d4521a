"""Create .venv and install the pinned packages. Runs on a bare Python, so it imports only the standard library."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from devstack.early import require_startable
from devstack.errors import StackError
from devstack.packages import install

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
REQUIREMENTS = "requirements/dev.txt"
ARGON2 = "argon2-cffi-bindings"


def main(verbs: Sequence[str] = ()) -> int:
    """Install into .venv of the current folder; returns the exit status, 130 after Ctrl-C.

    For the verb `up` an environment that it would refuse is refused first. The stamp file is written last.
    """
    try:
        if "up" in verbs:
            require_startable(os.environ)
        _make_venv()
        _run_pip("install", "--require-hashes", "-r", REQUIREMENTS)
        _run_pip("install", "--no-deps", "--no-build-isolation", "-e", ".")
        build_argon2()
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nStopped before everything was installed: the same command begins the installation again", file=sys.stderr
        )
        return 130
    STAMP.touch()
    return 0


def _make_venv() -> None:
    """Create the virtual environment, also where there is one that no longer runs, as after an upgrade of Python."""
    if _run([str(PYTHON), "-m", "pip", "--version"], quiet=True):
        return
    if find_spec("ensurepip") is None:
        install([f"python3.{sys.version_info.minor}-venv"], "Python's venv module", print)
    print(f"Making {VENV} with {sys.executable}", flush=True)
    if not _run([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        raise StackError(f"{VENV} could not be made: the reason stands above")


def build_argon2() -> bool:
    """Build Argon2 for this processor: the published wheel takes almost twice as long for each password.

    Without a compiler the wheel stays, and a message says so; returns whether it was built.
    """
    listed = VENV / "argon2.txt"
    listed.write_text(_requirement_lines(ARGON2))
    flags = {**os.environ, "CFLAGS": "-O3 -march=native"}
    # pip's cache may hold a build for another processor
    source = ("--force-reinstall", "--no-deps", "--no-cache-dir", "--no-build-isolation", "--no-binary", ARGON2)
    command = [str(PYTHON), "-m", "pip", "install", *source, "--require-hashes", "-r", str(listed)]
    built = shutil.which("cc") is not None and _run(command, quiet=True, env=flags)
    if not built:
        print(
            "Argon2 could not be built for this processor and stays as published: a sign-in takes almost twice as long "
            "as it could. For more of them install a C compiler and Python's headers (gcc, python3-dev), see that the "
            "package index has its source, then: make clean, and again",
            flush=True,
        )
    return built


def _requirement_lines(package: str) -> str:
    """The lines of one package in the requirements: version and hashes."""
    found = re.search(rf"^{package}==.*(\n +.*)*", Path(REQUIREMENTS).read_text(), re.MULTILINE)
    return found[0] if found else ""


def _run_pip(*arguments: str) -> None:
    if not _run([str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]):
        raise StackError(
            "pip could not install what is needed: the reason stands above. "
            f"See that a package index can be reached ({PYTHON} -m pip config list), then try again"
        )


def _run(command: Sequence[str], *, quiet: bool = False, env: Mapping[str, str] | None = None) -> bool:
    """Run a command; whether it could be started and ended with status 0."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(command, stdout=output, stderr=output, env=env, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
