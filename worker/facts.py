"""What a worker may tell of itself: its build, and its settings without secrets."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from access.service_list import read_services
from contracts.broker_addresses import split_urls
from contracts.tls import YES, is_broker_secure, is_local
from handlers.health import worker_name
from worker.settings import Settings

TOLD = (
    *("families", "prefetch", "drain_seconds", "patience_seconds", "journal_days", "audit_days", "events_days"),
    *("queue_length", "require_caller", "log_format", "log_level", "request_log", "mongo_driver"),
    *(
        "argon2_memory",
        "argon2_rounds",
        "sms_sender",
        "sms_country",
        "sms_per_number",
        "sms_per_address",
        "sms_per_day",
        "webhook_networks",
    ),
)
PACKAGES = ("contracts", "access", "models", "handlers", "worker")


def worker_facts(settings: Settings) -> dict[str, str]:
    """Return texts by name: `worker`, `version`, `build`, settings by their names, what URLs and keys amount to."""
    return {
        "worker": worker_name(),
        "version": release(),
        "build": build_digest(),
        **{name: _text(getattr(settings, name)) for name in TOLD},
        "amqp_addresses": str(len(split_urls(settings.amqp_url))),
        "amqp_tls": _text(is_broker_secure(settings.amqp_url)),
        "mongo_tls": _text(is_local(settings.mongo_url) or _has_tls(settings.mongo_url)),
        "encryption_key": _text(settings.encryption_key is not None),
        "services": str(len(read_services(settings.services_file))),
    }


@cache
def build_digest() -> str:
    """Return twelve digits of SHA-256 over the source of the packages that a worker consists of."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for file in sorted(file for package in PACKAGES for file in (root / package).rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def release() -> str:
    """Return the version of the installed package, or `unknown`."""
    try:
        return version("userbus")
    except PackageNotFoundError:  # run from its source
        return "unknown"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _has_tls(url: str) -> bool:
    options = dict(part.partition("=")[::2] for part in urlsplit(url).query.lower().split("&"))
    return url.startswith("mongodb+srv:") or options.get("tls", options.get("ssl", "")) in YES
