"""System packages: installed with apt as root, else a message names the command to run."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devstack.errors import StackError
from devstack.steps import last_lines, log_file, run_logged

APT_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
POLICY = Path("/usr/sbin/policy-rc.d")
UNITS = (Path("/lib/systemd/system"), Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"))
MARK = "userbus devstack: temporary, safe to delete"


def install(packages: Sequence[str], need: str, say: Callable[[str], None]) -> None:
    """Install Debian packages without starting, stopping or enabling any system service.

    `need` says in messages what they are for. Raises StackError with the command to run where apt is missing or the
    caller is not root, and with apt's last lines of output where the installation fails; its log is `log_file`.
    """
    reason = refusal(packages, need, has_apt=shutil.which("apt-get") is not None, is_root=os.geteuid() == 0)
    if reason is not None:
        raise StackError(reason)
    say(f"Installing {need} with apt-get: {' '.join(packages)}")
    units = _units()
    with prevent_service_starts():
        install_with_apt(packages)
    _disable(sorted(_units() - units))


def refusal(packages: Sequence[str], need: str, *, has_apt: bool, is_root: bool) -> str | None:
    """Why the packages cannot be installed, and the command that installs them; None where they can."""
    if not has_apt:
        return f"{need} is not installed and there is no apt-get here: install {' '.join(packages)} yourself"
    if not is_root:
        return f"{need} is not installed. Run this once, then try again: sudo {' '.join([*APT_INSTALL, *packages])}"
    return None


def install_with_apt(packages: Sequence[str]) -> None:
    """Install; where that fails, update the package lists and try once more. Raises StackError."""
    log = log_file(os.environ)
    if _run_apt(log, *APT_INSTALL[1:], *packages):
        return
    _run_apt(log, "update")
    if not _run_apt(log, *APT_INSTALL[1:], *packages):
        by_hand = " ".join([*APT_INSTALL, *packages])
        raise StackError(
            f"apt-get could not install {' '.join(packages)}.\n{last_lines(log)}\n"
            f"See what `{by_hand}` says, then run the same command again"
        )


def _run_apt(log: Path, *arguments: str) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    return run_logged(["apt-get", "-o", "DPkg::Lock::Timeout=120", "-q", *arguments], log, env=env)


@contextmanager
def prevent_service_starts(policy: Path = POLICY) -> Iterator[None]:
    """Keep package scripts from starting services, with Debian's policy-rc.d; an existing one is left alone."""
    if policy.exists() and MARK not in policy.read_text(errors="replace"):
        yield
        return
    policy.write_text(f"#!/bin/sh\n# {MARK}\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def _units() -> set[str]:
    return {unit.name for folder in UNITS if folder.is_dir() for unit in folder.glob("*.*")}


def _disable(units: Sequence[str]) -> None:
    """Keep newly installed units from starting at the next boot; templates cannot be disabled."""
    wanted = [unit for unit in units if unit.endswith((".service", ".socket")) and "@" not in unit]
    if wanted and shutil.which("systemctl"):
        subprocess.run(["systemctl", "disable", *wanted], capture_output=True, check=False)
