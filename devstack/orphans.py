"""Orphans: processes of a killed run, recognised by process id, start time and boot, and ended."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
STOP_LIMIT = 20.0


def identity(pid: int) -> str | None:
    """A text that identifies this process among all that ever have its id; None where no such process runs.

    Process id, start time in clock ticks, boot id and process namespace, separated by spaces.
    """
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else f"{pid} {fields[18]} {pid_scope()}"


def pid_scope() -> str:
    """The boot and the process namespace within which process ids are unique."""
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {os.readlink(PROC / 'self/ns/pid')}"


def has_ended(recorded: str) -> bool:
    """Whether the process of this identity has certainly ended; False where this machine cannot know."""
    if not recorded:
        return False
    pid, _, scope = recorded.split(" ", 2)
    return scope == pid_scope() and identity(int(pid)) != recorded


def record_process(pid_file: Path, pid: int) -> None:
    """Write the identity of a running process to a file."""
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(identity(pid) or "")


def orphan_pid(pid_file: Path) -> int | None:
    """The id of the process recorded in the file, if it still runs."""
    recorded = pid_file.read_text().strip()
    pid = int(recorded.split()[0]) if recorded else 0
    return pid if recorded and identity(pid) == recorded else None


def end_orphans(folder: Path) -> list[str]:
    """End every process recorded in a file `<name>.pid` of the folder and remove the files; the names."""
    names = []
    for pid_file in sorted(folder.glob("*.pid")):
        pid = orphan_pid(pid_file)
        if pid is not None:
            _end(pid)
            names.append(pid_file.stem)
        pid_file.unlink()
    return names


def _end(pid: int) -> None:
    """Send SIGTERM, then SIGKILL to its process group when it takes too long."""
    recorded = identity(pid)
    deadline = time.monotonic() + STOP_LIMIT
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while identity(pid) == recorded and time.monotonic() < deadline:
            time.sleep(0.05)  # only a parent is told when a process ends
        os.killpg(pid, signal.SIGKILL)
