"""The installation into .venv."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest

from devstack.early import require_startable
from devstack.errors import StackError
from devstack.install import ARGON2, REQUIREMENTS, VENV, build_argon2
from devstack.keys import random_key
from devstack.ports import HOST, free_port
from devstack.steps import log_file


def test_the_installer_imports_nothing_that_it_installs() -> None:
    code = f"import sys; sys.path.insert(0, {os.getcwd()!r}); import devstack.install"
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@dataclass(frozen=True)
class Checkout:
    """A checkout in which nothing is installed yet, and from which nothing can be installed."""

    folder: Path

    def make(self, verb: str, **env: str) -> str:
        """What the verb says before it fails."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
        ports = {f"USERBUS_{kind}_PORT": str(free_port()) for kind in ("BRIDGE", "AMQP", "MONGO")}
        bare = {"PYTHON": f"{sys.base_prefix}/bin/python3", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
        command = ["make", "--no-print-directory", verb]
        ended = subprocess.run(
            command, cwd=self.folder, env=kept | bare | ports | env, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 2
        assert all(line.startswith("· ") for line in ended.stdout.splitlines()), ended.stdout
        assert "Traceback" not in ended.stderr
        return ended.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for name in ("Makefile", "devstack", "requirements", "pyproject.toml", ".env.example"):
        (tmp_path / name).symlink_to(Path(name).resolve())
    return Checkout(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("USERBUS_AMQP_URL", "http://foo", "USERBUS_AMQP_URL is not such a URL"),
        ("USERBUS_HOME", "/proc/nope", "USERBUS_HOME is /proc/nope, where no folder can be made"),
        ("USERBUS_SECRET_KEY", "short", "USERBUS_SECRET_KEY must have at least 32 characters"),
        ("USERBUS_ENCRYPTION_KEY", "short", "USERBUS_ENCRYPTION_KEY must be 32 bytes as URL-safe base64"),
        ("USERBUS_PREFETHC", "5", "USERBUS_PREFETHC: there is no such setting; did you mean USERBUS_PREFETCH?"),
        ("USERBUS_BRIDGE_PORT", "http", "USERBUS_BRIDGE_PORT is 'http', but must be a port number"),
    ],
)
def test_up_tells_a_mistake_before_it_installs_anything(checkout: Checkout, name: str, value: str, told: str) -> None:
    assert told in checkout.make("up", **{name: value})
    assert not (checkout.folder / VENV).exists()


@pytest.mark.parametrize("kind", ["BRIDGE", "AMQP", "MONGO"])
def test_up_tells_a_taken_port_before_it_installs_anything(checkout: Checkout, kind: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        told = checkout.make("up", **{f"USERBUS_{kind}_PORT": str(port)})
    assert f"Port {port}, wanted for " in told
    assert f"USERBUS_{kind}_PORT=<port>" in told
    assert not (checkout.folder / VENV).exists()


def test_a_failure_shows_the_end_of_the_log_where_all_of_it_is_and_what_to_do(checkout: Checkout) -> None:
    what, where, *words, next_step, _ = checkout.make("check").strip().splitlines()
    assert what == "pip could not install what is needed."
    assert ".local/install.log" in where
    assert any("No matching distribution found" in word for word in words)
    assert next_step.endswith("then run the same command again")
    log = (checkout.folder / ".local" / "install.log").read_text()
    assert "--require-hashes" in log
    assert all(word.strip() in log for word in words)


def test_what_may_be_of_a_killed_stack_is_left_to_up_and_other_verbs_need_no_port(checkout: Checkout) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = {"USERBUS_BRIDGE_PORT": str(taken.getsockname()[1])}
        (checkout.folder / ".local" / "run").mkdir(parents=True)
        assert "pip could not install" in checkout.make("up", **port)
        (checkout.folder / ".local" / "run").rmdir()
        assert "pip could not install" in checkout.make("check", **port)


@pytest.mark.parametrize(
    "env", [{}, {"USERBUS_SECRET_KEY": "k" * 32 + "," + "l" * 32}, {"USERBUS_ENCRYPTION_KEY": random_key()}]
)
def test_what_the_programs_take_is_no_mistake(checkout: Checkout, env: dict[str, str]) -> None:
    names = ("SERVICE_HOST", "PORT_8000_TCP", "BRIDGE_SERVICE_PORT", "BRIDGE_PORT_8000_TCP", "URL", "TOKEN")
    home = {"USERBUS_HOME": str(checkout.folder / "home")}
    ports = {f"USERBUS_{kind}_PORT": str(free_port()) for kind in ("BRIDGE", "AMQP", "MONGO")}
    require_startable({f"USERBUS_{name}": "x" for name in names} | home | ports | env)
    assert (checkout.folder / "home").exists()


def test_all_ports_that_are_taken_are_told_at_once(checkout: Checkout) -> None:
    with socket.create_server((HOST, free_port())) as first, socket.create_server((HOST, free_port())) as second:
        amqp, bridge = (str(server.getsockname()[1]) for server in (first, second))
        ports = {"USERBUS_AMQP_PORT": amqp, "USERBUS_MONGO_PORT": str(free_port()), "USERBUS_BRIDGE_PORT": bridge}
        with pytest.raises(StackError) as refused:
            require_startable({"USERBUS_HOME": str(checkout.folder / "home"), **ports})
    told = str(refused.value).splitlines()
    assert [line.split(",")[0] for line in told] == [f"Port {amqp}", f"Port {bridge}"]


def test_a_setting_that_needs_users_of_its_own_is_refused_first(checkout: Checkout) -> None:
    with pytest.raises(StackError, match=r"compose\.yaml"):
        require_startable({"USERBUS_HOME": str(checkout.folder / "home"), "USERBUS_REQUIRE_CALLER": "true"})


def test_ctrl_c_ends_the_installation_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = f"""import signal, sys; sys.path.insert(0, {os.getcwd()!r})
from devstack.early import require_startable
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
    assert build_argon2(log_file({})) is False
    assert "install a C compiler" in capsys.readouterr().out
    first, *others = (tmp_path / VENV / "argon2.txt").read_text().split("\n")
    assert first == f"{ARGON2}=={distribution(ARGON2).version} \\"
    assert others
    assert all(line.strip().startswith("--hash=sha256:") for line in others)
