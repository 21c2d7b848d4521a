"""create_user.py, on userbus in memory: install it as docs/testing.md says, then `pytest examples/tests`."""

import json
import runpy
import sys
from pathlib import Path

import pytest
from userbus_testing import MemoryUserbus

PROGRAM = str(Path(__file__).parents[1] / "create_user.py")


@pytest.fixture(autouse=True)
def settings(userbus: MemoryUserbus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERBUS_AMQP_URL", userbus.url)
    monkeypatch.setattr(sys, "argv", [PROGRAM, "alice"])


def test_it_prints_the_user(userbus: MemoryUserbus, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(PROGRAM)
    assert json.loads(capsys.readouterr().out)["username"] == "alice"
    assert [event.name for event in userbus.events] == ["user.created"]


def test_a_name_that_is_taken_ends_it_with_the_reason() -> None:
    runpy.run_path(PROGRAM)
    with pytest.raises(SystemExit, match="identifier of another user"):
        runpy.run_path(PROGRAM)


def test_it_rides_out_a_short_outage(userbus: MemoryUserbus) -> None:
    userbus.fail_next("user.create", "unavailable")
    runpy.run_path(PROGRAM)
    assert [request.name for request in userbus.requests] == ["user.create"] * 2
