"""What an installation prints, and what goes to its log."""

import io
import os
import shlex
import sys
from pathlib import Path

import pytest

from devstack.errors import StackError
from devstack.packages import install_with_apt
from devstack.steps import LAST_LINES, StepLine, last_lines, log_file, run_logged


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> str:
    with StepLine("Installing 3 packages", stream) as step:
        step.show("1 found")
        step.show("2 found")
    return stream.getvalue()


def test_a_step_is_one_line() -> None:
    assert shown(io.StringIO()) == "· Installing 3 packages\n"


def test_on_a_terminal_the_line_tells_how_far_it_is() -> None:
    first, second, third, last = shown(Terminal()).split("\r\x1b[K")
    assert (first, second) == ("· Installing 3 packages", "· Installing 3 packages: 1 found")
    assert (third, last) == ("· Installing 3 packages: 2 found", "· Installing 3 packages\n")


def test_what_a_command_prints_goes_to_the_log_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log, heard = tmp_path / "log", list[str]()
    code = "import sys; print('out', flush=True); print('error \\xff', file=sys.stderr); sys.exit(3)"
    assert not run_logged([sys.executable, "-c", code], log, hear=heard.append)
    assert run_logged([sys.executable, "-c", "print(input.__name__)"], log)
    assert not run_logged([str(tmp_path / "nowhere")], log)
    first, *lines = log.read_text().splitlines()
    assert first == f"$ {shlex.join([sys.executable, '-c', code])}"
    assert lines[:2] == ["out", "error ÿ"] == [line.strip() for line in heard]
    assert "input" in lines
    assert "No such file" in lines[-1]
    assert capfd.readouterr() == ("", "")


def test_the_end_of_the_log_is_shown_below_its_name(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    head, *lines = last_lines(log).splitlines()
    assert str(log) in head
    assert lines == [f"  line {number}" for number in range(100 - LAST_LINES, 100)]


def test_the_log_is_in_the_home_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert log_file({"USERBUS_HOME": str(home)}) == home / "install.log"
    assert (home / "install.log").exists()
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"make that folder yours, or name another one in USERBUS_HOME"):
        log_file({"USERBUS_HOME": str(tmp_path / "file")})


def test_a_failure_of_apt_says_what_happened_where_the_log_is_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text('#!/bin/sh\necho "E: no package"\nexit 100\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("USERBUS_HOME", str(tmp_path / "home"))
    with pytest.raises(StackError) as raised:
        install_with_apt(["rabbitmq-server"])
    what, where, *words, next_step = str(raised.value).splitlines()
    assert what == "apt-get could not install rabbitmq-server."
    assert str(tmp_path / "home" / "install.log") in where
    assert words.count("  E: no package") == 3
    assert next_step.endswith("then run the same command again")
    assert capfd.readouterr() == ("", "")
