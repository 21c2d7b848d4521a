"""Settings of `up`, from the environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from devstack.errors import StackError

HIGHEST_PORT = 65_535
PARENT = __name__.rpartition("devstack.")[0]
"""The package that ours are in, with a dot: "" in a checkout, "userbus_server." in the wheel."""
TlsMode = Literal["", "on", "mutual"]


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
    tls: TlsMode = ""
    """USERBUS_DEVSTACK_TLS: "on", or "mutual" with certificates of clients too; by default neither."""

    @property
    def bridge_url(self) -> str:
        """The bridge's address for clients on this machine."""
        return f"http://127.0.0.1:{self.bridge_port}"


@dataclass(frozen=True)
class StackCommands:
    """The programs that `up` runs: worker and bridge stay, and check their settings with `--check`; the others end."""

    worker: tuple[str, ...] = (sys.executable, "-m", f"{PARENT}worker")
    bridge: tuple[str, ...] = (sys.executable, "-m", f"{PARENT}bridge")
    seed: tuple[str, ...] = (sys.executable, "-m", f"{PARENT}cli", "demo")
    token: tuple[str, ...] = (
        *(sys.executable, "-m", f"{PARENT}cli", "token", "issue", "--name", "dev"),
        *("--scope", "foreseen", "--scope", "rbac", "--scope", "passport"),
    )
    """Prints only the token on its standard output."""


def load_settings(environ: Mapping[str, str]) -> StackSettings:
    """Read the settings; raises StackError for an invalid port or URL, or a folder that cannot be made."""
    _require_url(environ, "USERBUS_AMQP_URL", ("amqp", "amqps"))
    _require_url(environ, "USERBUS_MONGO_URL", ("mongodb", "mongodb+srv"))
    return StackSettings(
        home=_home(environ),
        bridge_port=_port(environ, "USERBUS_BRIDGE_PORT", 8000),
        amqp_port=_port(environ, "USERBUS_AMQP_PORT", 5672),
        mongo_port=_port(environ, "USERBUS_MONGO_PORT", 27017),
        tls=_tls(environ),
    )


def _tls(environ: Mapping[str, str]) -> TlsMode:
    modes: dict[str, TlsMode] = {mode: mode for mode in get_args(TlsMode)}
    given = environ.get("USERBUS_DEVSTACK_TLS", "")
    if given not in modes:
        raise StackError(f"USERBUS_DEVSTACK_TLS is {given!r}, but must be on or mutual, or be left out")
    return modes[given]


def _home(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("USERBUS_HOME") or ".local").resolve()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StackError(
            f"USERBUS_HOME is {home}, where no folder can be made ({error.strerror}): "
            "name a folder of yours, or leave USERBUS_HOME out"
        ) from error
    return home


def _require_url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> None:
    # the refusal does not hold the URL, which may hold a password
    url = environ.get(name)
    if not url:
        return
    try:
        is_usable = urlsplit(url).scheme in schemes and bool(urlsplit(url).hostname)
    except ValueError:
        is_usable = False
    if not is_usable:
        raise StackError(
            f"{name} is not such a URL: write {schemes[0]}://<user>:<password>@<host>:<port>, "
            "or leave it out to have a server started"
        )


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise StackError(f"{name} is {text!r}, but must be a port number between 1 and {HIGHEST_PORT}")
    return int(text)
