"""Wrong settings end every program before it starts anything, with one sentence each."""

import os
from pathlib import Path

import pytest

from bridge.settings import Settings as BridgeSettings
from cli.connection import Settings as CliSettings
from contracts.broker_addresses import require_amqp_url
from contracts.environment import describe_mistyped
from devstack.ports import free_port
from tests.support.forked_programs import run_program
from tests.test_settings import explained
from worker.settings import Settings as WorkerSettings

PROGRAMS = (["worker"], ["bridge"], ["cli", "health"], ["cli", "dead", "list"])
WRONG_URLS = ("http://foo", "amqp://", "amqp://host:port", "localhost:5672", "amqp://u:pencil@h:99999")


def start(words: list[str], **env: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    status, _, told = run_program(words, kept | {"USERBUS_SECRET_KEY": "k" * 32} | env)
    return status, told


@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
def test_a_url_of_no_broker_is_told_in_a_sentence_without_it(words: list[str]) -> None:
    for url in WRONG_URLS if words == ["worker"] else WRONG_URLS[:1]:
        status, told = start(words, USERBUS_AMQP_URL=url)
        assert (status in (1, 2), len(told.splitlines())) == (True, 1), told
        assert "USERBUS_AMQP_URL" in told
        assert "amqp://<user>:<password>@<host>:<port>" in told
        assert "pencil" not in told


@pytest.mark.parametrize(
    ("words", "given", "meant"),
    [
        (["worker"], "USERBUS_PREFETHC", "USERBUS_PREFETCH"),
        (["bridge"], "USERBUS_BRIDGE_TIMEOT", "USERBUS_BRIDGE_TIMEOUT"),
        (["cli", "health"], "USERBUS_AMPQ_URL", "USERBUS_AMQP_URL"),
        (["cli", "dead", "list"], "USERBUS_AMPQ_URL", "USERBUS_AMQP_URL"),
    ],
)
def test_a_mistyped_setting_is_told_with_the_nearest_one(words: list[str], given: str, meant: str) -> None:
    status, told = start(words, **{given: "5"})
    assert (status in (1, 2), len(told.splitlines())) == (True, 1), told
    assert f"{given}: there is no such setting; did you mean {meant}?" in told


@pytest.mark.parametrize("program", ["worker", "bridge"])
def test_a_check_reads_the_settings_and_ends(program: str) -> None:
    assert start([program, "--check"]) == (0, "")
    status, told = start([program, "--check"], USERBUS_LOG_FORMAT="xml")
    assert (status, "USERBUS_LOG_FORMAT" in told) == (2, True)


@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
def test_a_wrong_setting_is_told_in_our_words(words: list[str]) -> None:
    assert "USERBUS_AMQP_URL: not an AMQP URL" in start(words, USERBUS_AMQP_URL="http://foo")[1]


def test_up_tells_a_short_key_and_a_mistyped_name_before_it_starts_anything(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    port = str(free_port())
    for name, value in {"USERBUS_SECRET_KEY": "short", "USERBUS_PREFETHC": "5"}.items():
        status, told = start(["devstack", "up"], USERBUS_HOME=home, USERBUS_BRIDGE_PORT=port, **{name: value})
        assert (status, name in told) == (1, True), told
        assert not (tmp_path / "home" / "log").exists()


@pytest.mark.parametrize("urls", ["amqp://h", "amqps://u:p@[::1]:5671/%2F", "amqp://u:a,b@h1:1 , amqp://u:a,b@h2:2/v"])
def test_urls_of_a_broker_and_of_a_cluster_are_taken_as_they_are(urls: str) -> None:
    assert require_amqp_url(urls) == urls


def test_each_url_of_a_cluster_is_checked() -> None:
    for urls in ("amqp://h1:1,amqp://h2:port", "amqp://h1, http://h2", "amqp://h1,h2"):
        with pytest.raises(ValueError, match="not an AMQP URL"):
            require_amqp_url(urls)


def test_settings_of_other_programs_and_of_kubernetes_are_no_mistakes() -> None:
    names = {f"USERBUS_{name}" for name in explained()} | {"USERBUS_URL", "USERBUS_TOKEN", "USERBUS_TEST_MONGO_DRIVER"}
    names |= {
        f"USERBUS_{name}" for name in ("SERVICE_HOST", "PORT_8000_TCP", "BRIDGE_SERVICE_PORT", "BRIDGE_PORT_8000_TCP")
    }
    for settings in (WorkerSettings, BridgeSettings, CliSettings):
        assert describe_mistyped(names, settings.model_fields) == []
