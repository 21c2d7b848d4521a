"""The checklist for going live in docs/security.md, row by row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.doctor.finding import Finding
from contracts.diagnosis import DiagnosisView

AREA = "going live"
Test = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True)
class Check:
    """One row: when it is met by the settings that it names, and what to do."""

    what: str
    names: tuple[str, ...]
    is_met: Test
    advice: str


def _are_set(*names: str) -> Test:
    return lambda given: all(given[name] not in ("", "0") for name in names)


WORKERS = (
    Check(
        "callers", ("require_caller",), lambda given: given["require_caller"] == "true", "USERBUS_REQUIRE_CALLER=true"
    ),
    Check("TLS to RabbitMQ", ("amqp_tls",), lambda given: given["amqp_tls"] == "true", "amqps:// in USERBUS_AMQP_URL"),
    Check(
        "TLS to MongoDB", ("mongo_tls",), lambda given: given["mongo_tls"] == "true", "tls=true in USERBUS_MONGO_URL"
    ),
    Check("log of workers", ("log_format",), lambda given: given["log_format"] == "json", "USERBUS_LOG_FORMAT=json"),
    Check(
        "codes",
        ("sms_sender",),
        lambda given: given["sms_sender"] != "log",
        "USERBUS_SMS_SENDER=log writes codes to a file",
    ),
    Check("codes a client address", ("sms_per_address",), _are_set("sms_per_address"), "set USERBUS_SMS_PER_ADDRESS"),
)
LIMITS = ("sign_ups_per_minute", "checks_per_minute", "sends_per_minute")
BRIDGE = (
    Check("proxies", ("trusted_proxies",), _are_set("trusted_proxies"), "name the proxy in USERBUS_TRUSTED_PROXIES"),
    Check("cookies", ("cookie_secure",), lambda given: given["cookie_secure"] == "true", "USERBUS_COOKIE_SECURE=true"),
    Check("hosts", ("allowed_hosts",), _are_set("allowed_hosts"), "set USERBUS_ALLOWED_HOSTS"),
    Check("origins", ("cors_origins",), lambda given: "*" not in given["cors_origins"], "name the origins one by one"),
    Check(
        "open dialects",
        ("bridge_open_dialects",),
        lambda given: not given["bridge_open_dialects"],
        "empty USERBUS_BRIDGE_OPEN_DIALECTS, or trust the network in front of the bridge",
    ),
    Check(
        "limits", LIMITS, _are_set(*LIMITS), "set USERBUS_SIGN_UPS_PER_MINUTE, _CHECKS_PER_MINUTE, _SENDS_PER_MINUTE"
    ),
)
BY_HAND = {
    "TLS to clients": "it ends at a proxy that sends Strict-Transport-Security and replaces X-Forwarded-For",
    "keys": "USERBUS_SECRET_KEY and USERBUS_ENCRYPTION_KEY are random, in files, and in a safe place",
    "ports": "metrics, management, MongoDB, /docs and /health are not reachable from outside",
    "logs": "standard error is collected, and alerts stand on it",
    "backups": "they are encrypted, and a restore has been tried",
}


def check_going_live(workers: Sequence[DiagnosisView], bridge: Mapping[str, str]) -> Iterator[Finding]:
    """Which rows are open; those of the bridge by its settings, where they are given."""
    for view in workers:
        for row in WORKERS:
            yield _judge_row(row, {name: view.settings[name] for name in row.names}, view.worker)
        kept = f"audit {view.settings['audit_days']} days, events {view.settings['events_days']} days"
        yield Finding("not seen", AREA, f"kept by {view.worker}", kept, "is it what the company promises?")
    for row in BRIDGE:
        if bridge:
            yield _judge_row(row, {name: bridge.get(name, "") for name in row.names}, "the bridge")
        else:
            yield Finding(
                "not seen", AREA, row.what, "a setting of the bridge", f"{row.advice}; --bridge-env <file> looks"
            )
    for what, advice in BY_HAND.items():
        yield Finding("not seen", AREA, what, "cannot be looked at from here", advice)


def _judge_row(row: Check, given: Mapping[str, str], where: str) -> Finding:
    told = f"{', '.join(f'{name}={value}' for name, value in given.items())} in {where}"
    return (
        Finding("ok", AREA, row.what, told)
        if row.is_met(given)
        else Finding("warning", AREA, row.what, told, row.advice)
    )


def read_bridge_settings(lines: Sequence[str]) -> dict[str, str]:
    """Return the USERBUS_ settings of an environment file's lines, by their names in small letters."""
    given = (line.strip().removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {
        name.removeprefix("USERBUS_").lower(): value.strip().strip("'\"")
        for name, _, value in given
        if name.startswith("USERBUS_")
    }
