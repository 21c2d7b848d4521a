"""The environment of the programs of the stack."""

import subprocess
from pathlib import Path

from devstack.environment import BusAddresses, StackFacts, bridge_environment, sms_log, worker_environment
from devstack.settings import StackSettings, load_settings

BUS = BusAddresses("amqp://userbus:pw@127.0.0.1:1", "mongodb://127.0.0.1:2/userbus?replicaSet=rs0")


def settings(home: Path) -> StackSettings:
    return load_settings({"USERBUS_HOME": str(home), "USERBUS_BRIDGE_PORT": "8001"})


def test_the_worker_gets_addresses_secrets_and_an_sms_log(tmp_path: Path) -> None:
    env = worker_environment(settings(tmp_path), BUS, {"PATH": "/bin"})
    assert env["USERBUS_AMQP_URL"] == BUS.amqp_url
    assert env["USERBUS_MONGO_URL"] == BUS.mongo_url
    assert env["USERBUS_SMS_SENDER"] == "log"
    assert env["USERBUS_SMS_LOG"] == str(tmp_path / "sms.log")
    assert env["USERBUS_SMS_PER_ADDRESS"] == "0"
    assert env["PATH"] == "/bin"


def test_the_workers_secrets_are_the_same_at_each_start(tmp_path: Path) -> None:
    first, second = (worker_environment(settings(tmp_path), BUS, {}) for _ in range(2))
    assert first == second
    assert first["USERBUS_SECRET_KEY"] != first["USERBUS_ENCRYPTION_KEY"]


def test_what_the_caller_sets_reaches_the_worker(tmp_path: Path) -> None:
    env = worker_environment(settings(tmp_path), BUS, {"USERBUS_SMS_PER_ADDRESS": "5", "USERBUS_LOG_LEVEL": "debug"})
    assert (env["USERBUS_SMS_PER_ADDRESS"], env["USERBUS_LOG_LEVEL"]) == ("5", "debug")


def test_the_bridge_gets_its_address_and_no_secret(tmp_path: Path) -> None:
    env = bridge_environment(settings(tmp_path), BUS, {"USERBUS_BRIDGE_OPEN_DIALECTS": "rbac"})
    assert env["USERBUS_AMQP_URL"] == BUS.amqp_url
    assert (env["USERBUS_BRIDGE_HOST"], env["USERBUS_BRIDGE_PORT"]) == ("127.0.0.1", "8001")
    assert env["USERBUS_BRIDGE_OPEN_DIALECTS"] == "rbac"
    assert not {"USERBUS_SECRET_KEY", "USERBUS_ENCRYPTION_KEY", "USERBUS_MONGO_URL"} & set(env)


def test_the_facts_for_other_programs_are_one_line_each() -> None:
    facts = StackFacts("http://127.0.0.1:8001", BUS, "token", Path("/home"), Path("/home/sms.log"))
    assert facts.lines().splitlines() == [
        "USERBUS_URL=http://127.0.0.1:8001",
        "USERBUS_AMQP_URL=amqp://userbus:pw@127.0.0.1:1",
        "USERBUS_MONGO_URL=mongodb://127.0.0.1:2/userbus?replicaSet=rs0",
        "USERBUS_TOKEN=token",
        "USERBUS_SMS_LOG=/home/sms.log",
    ]


def test_codes_are_in_a_file_only_where_the_worker_writes_one(tmp_path: Path) -> None:
    written, elsewhere, sent = (
        worker_environment(settings(tmp_path), BUS, environ)
        for environ in ({}, {"USERBUS_SMS_LOG": "/codes"}, {"USERBUS_SMS_SENDER": "webhook"})
    )
    assert (sms_log(written), sms_log(elsewhere), sms_log(sent)) == (tmp_path / "sms.log", Path("/codes"), None)
    assert "USERBUS_SMS_LOG" not in StackFacts("http://127.0.0.1:8001", BUS, "token", tmp_path).lines()


def test_a_shell_reads_the_facts_whole(tmp_path: Path) -> None:
    bus = BusAddresses("amqps://u:pw@127.0.0.1:1?cafile=%2Fca.pem", "mongodb://127.0.0.1:2/?replicaSet=rs0&tls=true")
    file = tmp_path / "dev.env"
    file.write_text(StackFacts("http://127.0.0.1:8001", bus, "token", tmp_path, tmp_path / "the codes").lines())
    names = ("USERBUS_AMQP_URL", "USERBUS_MONGO_URL", "USERBUS_SMS_LOG")
    script = f"set -a; . {file}; set +a; for name in {' '.join(names)}; do printenv $name; done"
    ended = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [bus.amqp_url, bus.mongo_url, str(tmp_path / "the codes")]
