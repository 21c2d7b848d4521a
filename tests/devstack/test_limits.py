"""A program that does not end while `up` waits for it."""

import sys
from pathlib import Path

import pytest

from devstack import up
from devstack.errors import StackError
from devstack.settings import StackCommands, load_settings

ENDLESS = (sys.executable, "-c", "import time; time.sleep(600)")  # it is ended with the test


def test_a_check_of_settings_that_does_not_end_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "COMMAND_LIMIT", 0.1)  # seconds; the real one is a minute
    settings = load_settings({"USERBUS_HOME": str(tmp_path)})
    with (
        pytest.raises(StackError, match="did not end within") as caught,
        up.running_stack(settings, StackCommands(worker=ENDLESS), lambda _step: None),
    ):
        pass
    assert "is this machine busy? Start it again" in str(caught.value)
