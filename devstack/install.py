"""Create .venv and install the pinned packages. Runs on a bare Python, so it imports only the standard library."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from devstack.early import require_startable
from devstack.errors import StackError
from devstack.packages import install
from devstack.steps import StepLine, last_lines, log_file, run_logged

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
REQUIREMENTS = "requirements/dev.txt"
ARGON2 = "argon2-cffi-bindings"


def main(verbs: Sequence[str] = ()) -> int:
    """Install into .venv of the current folder; returns the exit status, 130 after Ctrl-C.

    For the verb `up` an environment that it would refuse is refused first. One line is printed for each step; the rest
    is in the log of installations, whose end is shown where a step fails. The stamp file is written last.
    """
    try:
        if "up" in verbs:
            require_startable(os.environ)
        log = log_file(os.environ)
        log.write_text("")
        _make_venv(log)
        _install_packages(log)
        _run_pip(log, "Installing userbus into it", "--no-deps", "--no-build-isolation", "-e", ".")
        build_argon2(log)
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


def _make_venv(log: Path) -> None:
    """Create the virtual environment, also where there is one that no longer runs, as after an upgrade of Python."""
    if _has_pip():
        return
    if find_spec("ensurepip") is None:
        install([f"python3.{sys.version_info.minor}-venv"], "Python's venv module", _print_step)
    with StepLine(f"Making {VENV} with {sys.executable}", sys.stdout):
        made = run_logged([sys.executable, "-m", "venv", "--clear", str(VENV)], log)
    if not made:
        raise StackError(f"{VENV} could not be made.\n{last_lines(log)}")


def _print_step(step: str) -> None:
    print(f"· {step}", flush=True)


def _has_pip() -> bool:
    try:
        return subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _install_packages(log: Path) -> None:
    count = len(re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==", Path(REQUIREMENTS).read_text(), re.MULTILINE))
    _run_pip(log, f"Installing {count} pinned packages", "--require-hashes", "-r", REQUIREMENTS)


def build_argon2(log: Path) -> bool:
    """Build Argon2 for this processor: the published wheel takes almost twice as long for each password.

    Without a compiler the wheel stays, and a message says so; returns whether it was built.
    """
    listed = VENV / "argon2.txt"
    listed.write_text(_requirement_lines(ARGON2))
    flags = {**os.environ, "CFLAGS": "-O3 -march=native"}
    # pip's cache may hold a build for another processor
    source = ("--force-reinstall", "--no-deps", "--no-cache-dir", "--no-build-isolation", "--no-binary", ARGON2)
    command = [str(PYTHON), "-m", "pip", "install", *source, "--require-hashes", "-r", str(listed)]
    with StepLine("Building Argon2 for this processor", sys.stdout):
        built = shutil.which("cc") is not None and run_logged(command, log, env=flags)
    if not built:
        print(
            "  not built: sign-ins take almost twice as long as they could. For more of them install a C compiler and\n"
            "  Python's headers (gcc, python3-dev), then: make clean, and again",
            flush=True,
        )
    return built


def _requirement_lines(package: str) -> str:
    """The lines of one package in the requirements: version and hashes."""
    found = re.search(rf"^{package}==.*(\n +.*)*", Path(REQUIREMENTS).read_text(), re.MULTILINE)
    return found[0] if found else ""


def _run_pip(log: Path, step: str, *arguments: str) -> None:
    """Install; on a terminal the step's line counts the packages that pip has found."""
    found: list[str] = []

    def count_line(line: str) -> None:
        if line.startswith(("Collecting ", "Processing ")):
            found.append(line)
            shown.show(f"{len(found)} found")
        elif line.startswith("Installing collected"):
            shown.show("unpacking")

    with StepLine(step, sys.stdout) as shown:
        command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", *arguments]
        installed = run_logged(command, log, hear=count_line)
    if not installed:
        raise StackError(
            f"pip could not install what is needed.\n{last_lines(log)}\n"
            f"See that a package index can be reached ({PYTHON} -m pip config list), then run the same command again"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
