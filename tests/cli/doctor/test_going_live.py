"""The checklist for going live: which rows are open by which settings."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.doctor.finding import Finding
from cli.doctor.going_live import BRIDGE, WORKERS, check_going_live, read_bridge_settings
from contracts.diagnosis import DatabaseView, DiagnosisView

GOOD_WORKER = {
    "require_caller": "true", "amqp_tls": "true", "mongo_tls": "true", "log_format": "json", "sms_sender": "off",
    "sms_per_address": "5", "webhook_networks": "10.1.0.0/16,fd12:3456::/32", "audit_days": "90", "events_days": "7",
}  # fmt: skip
GOOD_BRIDGE = {
    "trusted_proxies": "10.0.0.1", "cookie_secure": "true", "allowed_hosts": "users.example", "log_format": "json",
    "cors_origins": "https://a.example", "bridge_open_dialects": "", "sign_ups_per_minute": "10",
    "checks_per_minute": "60", "sends_per_minute": "5", "amqp_url": "amqps://bridge:secret@rabbitmq",
}  # fmt: skip
DATABASE = DatabaseView(
    answer="primary", version=None, replica_set=None, members=[], write_concern="majority", read_concern="majority",
    clock_ahead=None, indexes_missing=[], error=None,
)  # fmt: skip


def worker_view(settings: dict[str, str]) -> DiagnosisView:
    return DiagnosisView(worker="w", at=datetime.now(UTC), settings=settings, database=DATABASE)


def examine(worker: dict[str, str] | None = None, bridge: dict[str, str] | None = None) -> list[Finding]:
    """What is found with these settings in place of good ones."""
    return [*check_going_live([worker_view(GOOD_WORKER | (worker or {}))], GOOD_BRIDGE | (bridge or {}))]


def open_rows(findings: list[Finding]) -> set[str]:
    assert all(each.advice for each in findings if each.state == "warning")
    return {each.what for each in findings if each.state == "warning"}


def test_good_settings_leave_no_row_open() -> None:
    findings = examine()
    assert open_rows(findings) == set()
    well = {each.what for each in findings if each.state == "ok"}
    assert well == {row.what for row in (*WORKERS, *BRIDGE)} | {"TLS of the bridge"}


@pytest.mark.parametrize(
    ("settings", "row"),
    [
        ({"require_caller": "false"}, "callers"),
        ({"amqp_tls": "false"}, "TLS to RabbitMQ"),
        ({"mongo_tls": "false"}, "TLS to MongoDB"),
        ({"log_format": "console"}, "log of workers"),
        ({"sms_sender": "log"}, "codes"),
        ({"sms_per_address": "0"}, "codes a client address"),
        ({"webhook_networks": "0.0.0.0/0"}, "networks of webhooks"),
        ({"webhook_networks": "10.0.0.0/8,127.0.0.1/32"}, "networks of webhooks"),
        ({"webhook_networks": "169.254.169.254/32"}, "networks of webhooks"),
        ({"webhook_networks": "::/0"}, "networks of webhooks"),
        ({"webhook_networks": "0.0.0.0/32"}, "networks of webhooks"),
        ({"webhook_networks": "::/128"}, "networks of webhooks"),
        ({"webhook_networks": "fd00::/8"}, "networks of webhooks"),
        ({"webhook_networks": "100.64.0.0/10"}, "networks of webhooks"),
        ({"webhook_networks": "168.63.129.16/32"}, "networks of webhooks"),
        ({"webhook_networks": "192.0.0.0/24"}, "networks of webhooks"),
    ],
)
def test_each_row_of_workers_is_told_when_it_is_open(settings: dict[str, str], row: str) -> None:
    assert open_rows(examine(worker=settings)) == {row}


@pytest.mark.parametrize(
    ("settings", "row"),
    [
        ({"trusted_proxies": ""}, "proxies"),
        ({"trusted_proxies": "10.0.0.1, *"}, "proxies"),
        ({"trusted_proxies": "0.0.0.0/0"}, "proxies"),
        ({"trusted_proxies": "::/0"}, "proxies"),
        ({"cookie_secure": ""}, "cookies"),
        ({"cookie_secure": "false"}, "cookies"),
        ({"allowed_hosts": ""}, "hosts"),
        ({"allowed_hosts": "users.example,*"}, "hosts"),
        ({"log_format": ""}, "log of the bridge"),
        ({"cors_origins": "*"}, "origins"),
        ({"bridge_open_dialects": "rbac"}, "open dialects"),
        ({"sign_ups_per_minute": "0"}, "limits"),
        ({"checks_per_minute": ""}, "limits"),
        ({"sends_per_minute": ""}, "limits"),
        ({"amqp_url": "amqp://bridge:secret@rabbitmq"}, "TLS of the bridge"),
        ({"console_amqp_url": "amqps://o:secret@a,amqp://o:secret@b"}, "TLS of the bridge"),
        ({"console_broker_amqp_url": "amqp://worker:secret@rabbitmq"}, "TLS of the bridge"),
    ],
)
def test_each_row_of_the_bridge_is_told_when_it_is_open(settings: dict[str, str], row: str) -> None:
    findings = examine(bridge=settings)
    assert open_rows(findings) == {row}
    assert not any("secret" in each.told + each.advice for each in findings)


@pytest.mark.parametrize("written", ["true", "True", "1", "yes", "on"])
def test_a_switch_may_be_written_as_settings_take_it(written: str) -> None:
    findings = examine(bridge={"cookie_secure": written, "console": written})
    assert open_rows(findings) == set()
    assert [each.state for each in findings if each.what == "console"] == ["not seen"]


def test_a_connection_within_the_machine_needs_no_tls() -> None:
    assert open_rows(examine(bridge={"amqp_url": "amqp://bridge:secret@127.0.0.1:5672"})) == set()


def test_a_worker_of_the_version_before_is_judged_by_what_it_tells() -> None:
    told = {name: value for name, value in GOOD_WORKER.items() if name != "webhook_networks"}
    assert open_rows([*check_going_live([worker_view(told)], GOOD_BRIDGE)]) == set()


def test_without_the_bridges_settings_its_rows_are_not_seen() -> None:
    findings = check_going_live([worker_view(GOOD_WORKER)], {})
    unseen = {each.what for each in findings if each.state == "not seen"}
    assert {row.what for row in BRIDGE} <= unseen


def test_a_file_of_settings_is_read_as_a_shell_or_a_container_writes_it(tmp_path: Path) -> None:
    file, latin = tmp_path / "bridge.env", "# f\xfcr USERBUS_A=1".encode("latin-1")
    lines = [latin, b"export USERBUS_COOKIE_SECURE='true'", b'USERBUS_CONSOLE="1"', b"OTHER=2", b""]
    file.write_bytes(b"\n".join(lines))
    assert read_bridge_settings(file) == {"cookie_secure": "true", "console": "1"}
