"""The one-shot setup of compose.yaml."""

import base64
import hashlib
import json
import re
from pathlib import Path

from access.service_grants import ServiceIdentity
from access.service_list import add_service
from devstack.setup import write_secrets

ROOT = Path(__file__).parents[2]


def test_every_program_has_a_user_of_its_own_on_the_broker(tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets", tmp_path / "broker", tmp_path / "services.toml")
    users = {user["name"]: user for user in json.loads((tmp_path / "broker" / "definitions.json").read_text())["users"]}
    assert set(users) == {"worker", "bridge", "operator", "admin"}
    passwords = set()
    for name, user in users.items():
        file = "operator/userbus_management_url" if name == "admin" else f"{name}/userbus_amqp_url"
        _, _, url = (tmp_path / "secrets" / file).read_text().partition("://")
        login, _, password = url.partition("@")[0].partition(":")
        assert "/" not in url
        code = base64.b64decode(user["password_hash"])
        assert login == name
        assert code[4:] == hashlib.sha256(code[:4] + password.encode()).digest()
        assert len(password) >= 32
        passwords.add(password)
    assert len(passwords) == len(users)


def test_only_the_worker_gets_the_keys_and_they_never_change(tmp_path: Path) -> None:
    def texts() -> dict[str, str]:
        return {file.name: file.read_text() for file in (tmp_path / "secrets" / "worker").iterdir()}

    write_secrets(tmp_path / "secrets", tmp_path / "broker", tmp_path / "services.toml")
    first = texts()
    write_secrets(tmp_path / "secrets", tmp_path / "broker", tmp_path / "services.toml")
    assert texts() == first
    assert set(first) == {"userbus_secret_key", "userbus_encryption_key", "userbus_amqp_url", "userbus_mongo_url"}
    assert [file.name for file in (tmp_path / "secrets" / "bridge").iterdir()] == ["userbus_amqp_url"]
    operators = {file.name for file in (tmp_path / "secrets" / "operator").iterdir()}
    assert operators == {"userbus_amqp_url", "userbus_management_url"}


def test_the_broker_takes_messages_of_16_mib_at_most(tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets", tmp_path / "broker", tmp_path / "services.toml")
    assert "max_message_size = 16777216" in (tmp_path / "broker" / "rabbitmq.conf").read_text().splitlines()


def test_listed_services_are_in_the_definitions(tmp_path: Path) -> None:
    add_service(tmp_path / "services.toml", ServiceIdentity("billing", ("user.get",), ("user.*",)))
    write_secrets(tmp_path / "secrets", tmp_path / "broker", tmp_path / "services.toml")
    made = json.loads((tmp_path / "broker" / "definitions.json").read_text())
    assert "billing" in {user["name"] for user in made["users"]}
    assert r"^billing\." in {policy["pattern"] for policy in made["policies"]}


def test_the_worker_and_the_administrator_of_mongodb_have_urls_of_their_own(tmp_path: Path) -> None:
    admin, worker = write_secrets(tmp_path / "secrets", tmp_path / "broker", tmp_path / "services.toml")
    url = (tmp_path / "secrets" / "worker" / "userbus_mongo_url").read_text()
    assert url == f"mongodb://userbus:{worker}@mongo:27017/userbus?replicaSet=rs0"
    assert f"admin:{admin}@" in (tmp_path / "secrets" / "admin" / "mongo_url").read_text()
    assert admin != worker
    assert write_secrets(tmp_path / "secrets", tmp_path / "broker", tmp_path / "services.toml") == (admin, worker)


def test_the_image_has_a_folder_of_its_user_for_every_volume_of_secrets() -> None:
    mounted = set(re.findall(r":(/secrets/\w+)", (ROOT / "compose.yaml").read_text()))
    assert len(mounted) == 4
    assert mounted <= set(re.findall(r"/secrets/\w+", (ROOT / "Dockerfile").read_text()))
