"""Tracing is off by default and then costs nothing; one setting switches it on, and what is wrong with it is told."""

import os
import subprocess
import sys

import pytest

from tests.support.patience import PATIENCE
from tests.support.stack import SECRET
from tracing.spans import NOT_RECORDED, begin, begin_step, command_listeners, current_headers, is_on

PROGRAMS = "import bridge.app, bridge.__main__, cli.main, client, worker.app, worker.__main__, sys"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


def run_python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("USERBUS_", "OTEL_"))}
    given = kept | {"USERBUS_SECRET_KEY": SECRET} | env
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_off_nothing_of_opentelemetry_is_imported() -> None:
    code = f"{PROGRAMS}; print(*[name for name in sys.modules if name.split('.')[0] == 'opentelemetry'])"
    ended = run_python(code, OTEL_TRACES_SAMPLER="always_on")
    assert ended.stderr == ""
    assert {*ended.stdout.split()} <= {
        "opentelemetry",
        "opentelemetry.semconv",
    }  # FastStream looks for these, all empty


def test_off_nothing_is_recorded_nor_listened_to() -> None:
    assert not is_on()
    assert begin("work", "server", dict) is begin_step("part") is NOT_RECORDED
    assert (current_headers(), command_listeners()) == ({}, [])


@pytest.mark.parametrize("program", ["worker", "bridge"])
def test_a_missing_package_is_told(program: str) -> None:
    code = f"import sys; sys.modules['opentelemetry'] = None; from {program}.__main__ import main; main()"
    ended = run_python(code, **ENDPOINT)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"{program}: OTEL_EXPORTER_OTLP_ENDPOINT is set, but opentelemetry is not installed: ")
    assert "pip install 'userbus[tracing]'" in line


@pytest.mark.parametrize("program", ["worker", "bridge"])
def test_another_protocol_is_told(program: str) -> None:
    ended = run_python(f"from {program}.__main__ import main; main()", **ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
    assert ended.returncode == 2
    assert "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken" in ended.stderr


def test_a_disabled_sdk_stays_off() -> None:
    code = (
        "from tracing.switch import export_traces as on; from tracing.spans import is_on\nwith on('x'): print(is_on())"
    )
    assert run_python(code, **ENDPOINT, OTEL_SDK_DISABLED="true").stdout == "False\n"
    assert run_python(code, **ENDPOINT).stdout == "True\n"
