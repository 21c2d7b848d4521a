"""The installation into .venv."""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from pathlib import Path

import pytest

from devstack.install import ARGON2, REQUIREMENTS, VENV, build_argon2


def test_the_installer_imports_nothing_that_it_installs() -> None:
    code = f"import sys; sys.path.insert(0, {os.getcwd()!r}); import devstack.install"
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_ctrl_c_ends_the_installation_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = f"""import signal, sys; sys.path.insert(0, {os.getcwd()!r})
from devstack.install import main
signal.setitimer(signal.ITIMER_REAL, 0.2); signal.signal(signal.SIGALRM, signal.default_int_handler)
sys.exit(main())"""
    monkeypatch.chdir(tmp_path)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, "Traceback" in result.stderr) == (130, False), result.stderr
    assert "Stopped before everything was installed" in result.stderr


def test_argon2_is_built_for_this_processor_where_it_can_be() -> None:
    if not shutil.which("cc") or not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        pytest.skip("needs a C compiler and Python's headers")
    assert "manylinux" not in (distribution(ARGON2).read_text("WHEEL") or "")


def test_without_a_compiler_argon2_stays_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (VENV, Path(REQUIREMENTS).parent):
        (tmp_path / folder).mkdir()
    shutil.copy(REQUIREMENTS, tmp_path / REQUIREMENTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert build_argon2() is False
    assert "install a C compiler" in capsys.readouterr().out
    first, *others = (tmp_path / VENV / "argon2.txt").read_text().split("\n")
    assert first == f"{ARGON2}=={distribution(ARGON2).version} \\"
    assert others
    assert all(line.strip().startswith("--hash=sha256:") for line in others)
