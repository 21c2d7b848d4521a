"""What `up` reads from the environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import StackError

HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class StackSettings:
    """Folder and ports of a development stack."""

    home: Path
    """USERBUS_HOME, default .local: data, logs, secrets."""
    bridge_port: int
    """USERBUS_BRIDGE_PORT, default 8000."""
    amqp_port: int
    """USERBUS_AMQP_PORT, default 5672."""
    mongo_port: int
    """USERBUS_MONGO_PORT, default 27017."""

    @property
    def bridge_url(self) -> str:
        """The bridge's address for clients on this machine."""
        return f"http://127.0.0.1:{self.bridge_port}"


@dataclass(frozen=True)
class StackCommands:
    """The programs that `up` runs: two that stay, two that end."""

    worker: tuple[str, ...] = (sys.executable, "-m", "handlers")
    bridge: tuple[str, ...] = (sys.executable, "-m", "bridge")
    seed: tuple[str, ...] = (sys.executable, "-m", "cli", "demo")
    token: tuple[str, ...] = (
        *(sys.executable, "-m", "cli", "token", "issue", "--name", "dev"),
        *("--scope", "foreseen", "--scope", "rbac", "--scope", "passport"),
    )
    """Prints nothing but the token on its standard output."""


def settings_from(environ: Mapping[str, str]) -> StackSettings:
    """Read the settings; raises StackError for a port that is none."""
    return StackSettings(
        home=Path(environ.get("USERBUS_HOME") or ".local").resolve(),
        bridge_port=_port(environ, "USERBUS_BRIDGE_PORT", 8000),
        amqp_port=_port(environ, "USERBUS_AMQP_PORT", 5672),
        mongo_port=_port(environ, "USERBUS_MONGO_PORT", 27017),
    )


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise StackError(f"{name} is {text!r}, but must be a port number between 1 and {HIGHEST_PORT}")
    return int(text)
