"""Processor time and memory of processes on this machine, from /proc."""

import os
from collections.abc import Mapping
from pathlib import Path

Pids = Mapping[str, int]


def cpu_seconds(pids: Pids) -> dict[str, float]:
    """The processor time that each process has used, by its name."""
    return {name: _cpu_seconds(pid) for name, pid in pids.items()}


def cpu_nanoseconds(pid: int) -> int:
    """The processor time that the threads of a process have used which are alive."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir())


def resident_mib(pid: int) -> float:
    """The resident memory of a process now."""
    return _status_mib(pid, "VmRSS")


def peak_resident_mib(pid: int) -> float:
    """The largest resident memory that a process has had; 0 of one that has ended."""
    return _status_mib(pid, "VmHWM")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status_mib(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{key}:")), 0) / 1024
