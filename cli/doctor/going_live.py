"""The checklist for going live in docs/security.md, row by row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from cli.doctor.finding import Finding, judge
from contracts.diagnosis import DiagnosisView
from contracts.tls import is_broker_secure

AREA = "going live"
ON = ("true", "1", "yes", "on", "t", "y")  # as settings are read
OWN_MACHINE = ("0.0.0.0/32", "127.0.0.0/8", "::/127")
METADATA = (  # of clouds: most have it at a link-local address
    "169.254.0.0/16",
    "fe80::/10",
    "fd00:ec2::254/128",  # AWS
    "100.100.100.200/32",  # Alibaba
    "168.63.129.16/32",  # Azure
    "192.0.0.192/32",  # Oracle
)
NEVER_NAMED = [ip_network(each) for each in (*OWN_MACHINE, *METADATA)]
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


def _is_on(name: str) -> Test:
    return lambda given: given[name].lower() in ON


def _has_json(given: Mapping[str, str]) -> bool:
    return given["log_format"] == "json"


def _names_hosts(given: Mapping[str, str]) -> bool:
    hosts = _split(given["allowed_hosts"])
    return bool(hosts) and "*" not in hosts


def _names_proxies(given: Mapping[str, str]) -> bool:
    proxies = _split(given["trusted_proxies"])
    return bool(proxies) and not any(each == "*" or _is_everything(each) for each in proxies)


def _spares_own_machine(given: Mapping[str, str]) -> bool:
    allowed = [ip_network(each, strict=False) for each in _split(given["webhook_networks"])]
    return not any(never.version == each.version and never.overlaps(each) for never in NEVER_NAMED for each in allowed)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_everything(network: str) -> bool:
    return network.endswith("/0")


WORKERS = (
    Check("callers", ("require_caller",), _is_on("require_caller"), "USERBUS_REQUIRE_CALLER=true"),
    Check("TLS to RabbitMQ", ("amqp_tls",), _is_on("amqp_tls"), "amqps:// in USERBUS_AMQP_URL"),
    Check("TLS to MongoDB", ("mongo_tls",), _is_on("mongo_tls"), "tls=true in USERBUS_MONGO_URL"),
    Check("log of workers", ("log_format",), _has_json, "USERBUS_LOG_FORMAT=json"),
    Check(
        "codes",
        ("sms_sender",),
        lambda given: given["sms_sender"] != "log",
        "USERBUS_SMS_SENDER=log writes codes to a file",
    ),
    Check("codes a client address", ("sms_per_address",), _are_set("sms_per_address"), "set USERBUS_SMS_PER_ADDRESS"),
    Check(
        "networks of webhooks",
        ("webhook_networks",),
        _spares_own_machine,
        "name no loopback, link-local or metadata address in USERBUS_WEBHOOK_NETWORKS: who may send webhook.create "
        "reaches the workers' machine by them, and the cloud's metadata",
    ),
)
LIMITS = ("sign_ups_per_minute", "checks_per_minute", "sends_per_minute")
BRIDGE = (
    Check(
        "proxies",
        ("trusted_proxies",),
        _names_proxies,
        "name the proxy in USERBUS_TRUSTED_PROXIES: whoever is in it says who its clients are",
    ),
    Check("cookies", ("cookie_secure",), _is_on("cookie_secure"), "USERBUS_COOKIE_SECURE=true"),
    Check("hosts", ("allowed_hosts",), _names_hosts, "name the hosts in USERBUS_ALLOWED_HOSTS"),
    Check("log of the bridge", ("log_format",), _has_json, "USERBUS_LOG_FORMAT=json"),
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
    "services": "each has no more rights than it needs: `userbus service show`",
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
            # a worker of the version before does not tell everything
            yield _judge_row(row, {name: view.settings.get(name, "") for name in row.names}, view.worker)
        kept = f"audit {view.settings['audit_days']} days, events {view.settings['events_days']} days"
        yield Finding("not seen", AREA, f"kept by {view.worker}", kept, "is it what the company promises?")
    yield from _check_bridge(bridge)
    for what, advice in BY_HAND.items():
        yield Finding("not seen", AREA, what, "cannot be looked at from here", advice)


def _check_bridge(bridge: Mapping[str, str]) -> Iterator[Finding]:
    for row in BRIDGE:
        if bridge:
            yield _judge_row(row, {name: bridge.get(name, "") for name in row.names}, "the bridge")
        else:
            yield Finding(
                "not seen", AREA, row.what, "a setting of the bridge", f"{row.advice}; --bridge-env <file> looks"
            )
    yield from _check_connections(bridge)
    if bridge.get("console", "").lower() in ON:
        advice = "only operators may reach this bridge; switch it off in all others"
        yield Finding("not seen", AREA, "console", "console=true in the bridge", advice)


def _check_connections(bridge: Mapping[str, str]) -> Iterator[Finding]:
    for name in ("amqp_url", "console_amqp_url", "console_broker_amqp_url"):
        if urls := bridge.get(name):  # told without the URL, which has a password
            is_secure, advice = is_broker_secure(urls), f"amqps:// in USERBUS_{name.upper()}"
            told = f"{name} {'has' if is_secure else 'is without'} TLS, in the bridge"
            yield judge(AREA, "TLS of the bridge", told, None if is_secure else "warning", advice)


def _judge_row(row: Check, given: Mapping[str, str], where: str) -> Finding:
    told = f"{', '.join(f'{name}={value}' for name, value in given.items())} in {where}"
    return (
        Finding("ok", AREA, row.what, told)
        if row.is_met(given)
        else Finding("warning", AREA, row.what, told, row.advice)
    )


def read_bridge_settings(file: Path) -> dict[str, str]:
    """Return the USERBUS_ settings of an environment file, by their names in small letters."""
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()  # comments may be of any encoding
    given = (line.strip().removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {
        name.removeprefix("USERBUS_").lower(): value.strip().strip("'\"")
        for name, _, value in given
        if name.startswith("USERBUS_")
    }
