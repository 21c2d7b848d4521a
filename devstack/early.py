"""What `make up` refuses before the first package is installed. Runs on a bare Python."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from devstack.errors import StackError
from devstack.ports import require_all, require_free, server_port_checks
from devstack.settings import load_settings

EXAMPLE = Path(".env.example")
PREFIX = "USERBUS_"
SIMILARITY = 0.85  # as of contracts.environment
YES = ("1", "true", "yes", "on", "t", "y")
KEYS = {
    "USERBUS_SECRET_KEY": (r"(?s).{32,}", "must have at least 32 characters: `openssl rand -hex 32` prints a key"),
    "USERBUS_ENCRYPTION_KEY": (
        r"\s*[\w-]{43}=\s*(,\s*[\w-]{43}=\s*)*",
        "must be 32 bytes as URL-safe base64, of several one after another with commas: leave it out to have one made",
    ),
}


def require_startable(environ: Mapping[str, str]) -> None:
    """Raise StackError, saying what to do, for an environment that the programs would refuse after the installation.

    These are the mistakes that can be seen without them: they check all their settings before anything is started.
    """
    settings = load_settings(environ)
    _require_known_names(environ)
    for name, (form, rule) in KEYS.items():
        if environ.get(name) and not re.fullmatch(form, environ[name]):
            raise StackError(f"{name} {rule}")
    if environ.get("USERBUS_REQUIRE_CALLER", "").lower() in YES:
        raise StackError(
            "USERBUS_REQUIRE_CALLER needs a RabbitMQ user for each program, and here all have the same: leave it out, "
            "or run compose.yaml, which makes the users"
        )
    if (settings.home / "run").exists():  # what a killed stack left behind may hold the ports; `up` ends that first
        return
    require_all(
        *server_port_checks(settings.amqp_port, settings.mongo_port, environ),
        partial(require_free, settings.bridge_port, "the bridge", "USERBUS_BRIDGE_PORT"),
    )


def _require_known_names(environ: Mapping[str, str]) -> None:
    known = re.findall(rf"^{PREFIX}(\w+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    for given in sorted(name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX)):
        if given not in known and (near := get_close_matches(given, known, 3, SIMILARITY)):
            meant = " or ".join(PREFIX + name for name in near)
            raise StackError(f"{PREFIX}{given}: there is no such setting; did you mean {meant}? see {EXAMPLE}")
