"""The environment of each program of the stack, and the file in which `up` describes the stack to other programs."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.keys import ensure_secret, random_key
from devstack.ports import HOST
from devstack.settings import StackSettings

PLAIN = re.compile(r"[\w@%+=:,./?-]*", re.ASCII)  # what a shell takes as it is on the right of an assignment


@dataclass(frozen=True)
class BusAddresses:
    """The URLs of both servers."""

    amqp_url: str
    mongo_url: str


@dataclass(frozen=True)
class StackFacts:
    """What other programs need to know about a stack that is ready."""

    url: str
    bus: BusAddresses
    token: str
    home: Path
    sms_log: Path | None = None
    """The file that gets the codes, where the worker sends none by SMS."""
    console: str | None = None
    """The address of the console for people, where the bridge has one."""

    def lines(self) -> str:
        """The lines of an environment file."""
        facts = {
            "USERBUS_URL": self.url,
            "USERBUS_AMQP_URL": self.bus.amqp_url,
            "USERBUS_MONGO_URL": self.bus.mongo_url,
            "USERBUS_TOKEN": self.token,
        } | ({"USERBUS_SMS_LOG": str(self.sms_log)} if self.sms_log else {})
        return "".join(f"{name}={_quote(text)}\n" for name, text in facts.items())


def _quote(text: str) -> str:
    """Quote a value for a shell, only where it needs that: other readers of the file may keep the quotes."""
    return text if PLAIN.fullmatch(text) else shlex.quote(text)


def worker_environment(settings: StackSettings, bus: BusAddresses, environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with the servers' URLs, and with secrets and an SMS gateway where it sets none."""
    folder = settings.home / "secrets"
    defaults = {
        "USERBUS_SECRET_KEY": ensure_secret(folder / "userbus_secret_key", random_key),
        "USERBUS_ENCRYPTION_KEY": ensure_secret(folder / "userbus_encryption_key", random_key),
        "USERBUS_SMS_SENDER": "log",
        "USERBUS_SMS_LOG": str(settings.home / "sms.log"),
        "USERBUS_SMS_PER_ADDRESS": "0",
        "PYTHONUNBUFFERED": "1",
    }
    facts = {"USERBUS_AMQP_URL": bus.amqp_url, "USERBUS_MONGO_URL": bus.mongo_url}
    return {**defaults, **environ, **facts}


def sms_log(worker_env: Mapping[str, str]) -> Path | None:
    """The file to which a worker with this environment writes codes; None if it has another sender."""
    return Path(worker_env["USERBUS_SMS_LOG"]) if worker_env["USERBUS_SMS_SENDER"] == "log" else None


def bridge_environment(settings: StackSettings, bus: BusAddresses, environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with what the bridge and other bus clients need; without the worker's secrets."""
    facts = {
        "USERBUS_AMQP_URL": bus.amqp_url,
        "USERBUS_BRIDGE_HOST": HOST,
        "USERBUS_BRIDGE_PORT": str(settings.bridge_port),
    }
    return {"PYTHONUNBUFFERED": "1", "USERBUS_CONSOLE": "true", **environ, **facts}
