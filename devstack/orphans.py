"""Leftovers of a run that was killed: recognised by process id, start time and boot, then ended."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
STOP_LIMIT = 20.0


def identity(pid: int) -> str | None:
    """What tells this process from all others that had or will have its id; None where no such process runs.

    Made of the process id, the start time in clock ticks, and the place: the kernel's boot and the process namespace.
    """
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else f"{pid} {fields[18]} {place()}"


def place() -> str:
    """The boot and the process namespace in which process ids have their meaning."""
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {os.readlink(PROC / 'self/ns/pid')}"


def ended(noted: str) -> bool:
    """Whether the process that an identity names ended for certain; False where that cannot be told from here."""
    if not noted:
        return False
    pid, _, where = noted.split(" ", 2)
    return where == place() and identity(int(pid)) != noted


def note(pid_file: Path, pid: int) -> None:
    """Write the identity of a running process to a file."""
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(identity(pid) or "")


def leftover(pid_file: Path) -> int | None:
    """The id of the process that the file names, if that very process still runs."""
    noted = pid_file.read_text().strip()
    pid = int(noted.split()[0]) if noted else 0
    return pid if noted and identity(pid) == noted else None


def end_leftovers(folder: Path) -> list[str]:
    """End every process that a file `<name>.pid` in the folder names and give their names; remove the files."""
    names = []
    for pid_file in sorted(folder.glob("*.pid")):
        pid = leftover(pid_file)
        if pid is not None:
            _end(pid)
            names.append(pid_file.stem)
        pid_file.unlink()
    return names


def _end(pid: int) -> None:
    """SIGTERM, then SIGKILL to its process group when it takes too long."""
    was = identity(pid)
    deadline = time.monotonic() + STOP_LIMIT
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while identity(pid) == was and time.monotonic() < deadline:
            time.sleep(0.05)  # it is no child of ours: its end can only be looked for
        os.killpg(pid, signal.SIGKILL)
