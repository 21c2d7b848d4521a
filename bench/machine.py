"""The machine and the versions that a report names."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from aio_pika.abc import AbstractChannel
from pymongo import AsyncMongoClient

PACKAGES = ("aio-pika", "faststream", "pymongo", "pydantic", "uvloop", "uvicorn", "argon2-cffi-bindings")


def describe_machine() -> str:
    """Processor, cores, memory, kernel."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {memory:.0f} GiB, Linux {platform.release()}"


def describe_commit() -> str:
    """The commit that was measured, and whether files differed from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "unknown commit"


async def describe_versions(channel: AbstractChannel, mongo_url: str) -> str:
    """The servers' versions as they say them, Python's and those of the packages that matter most."""
    async with AsyncMongoClient[dict[str, object]](mongo_url) as client:
        mongod = (await client.server_info())["version"]
    properties = (await channel.get_underlay_channel()).connection.server_properties
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    return ", ".join(
        [f"RabbitMQ {properties['version']!s}", f"mongod {mongod}", f"Python {platform.python_version()}", *packages]
    )


def describe_moment() -> str:
    """Date and time, and the load average of the last minute."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f}"
