"""The one-shot setup of compose.yaml."""

import base64
import hashlib
import json
import re
from pathlib import Path

from devstack.setup import write_secrets

ROOT = Path(__file__).parents[2]


def test_everybody_reaches_the_broker_as_a_user_of_its_own_in_its_definitions(tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets", tmp_path / "broker")
    users = {user["name"]: user for user in json.loads((tmp_path / "broker" / "definitions.json").read_text())["users"]}
    assert set(users) == {"worker", "bridge", "publisher", "consumer"}
    for name, user in users.items():
        url = (tmp_path / "secrets" / name / "userbus_amqp_url").read_text()
        login, _, password = url.removeprefix("amqp://").partition("@")[0].partition(":")
        code = base64.b64decode(user["password_hash"])
        assert login == name
        assert code[4:] == hashlib.sha256(code[:4] + password.encode()).digest()


def test_only_the_worker_gets_the_keys_and_they_stay_the_same(tmp_path: Path) -> None:
    def texts() -> dict[str, str]:
        return {file.name: file.read_text() for file in (tmp_path / "secrets" / "worker").iterdir()}

    write_secrets(tmp_path / "secrets", tmp_path / "broker")
    first = texts()
    write_secrets(tmp_path / "secrets", tmp_path / "broker")
    assert texts() == first
    assert set(first) == {"userbus_secret_key", "userbus_encryption_key", "userbus_amqp_url", "userbus_mongo_url"}
    for name in ("bridge", "publisher", "consumer"):
        assert [file.name for file in (tmp_path / "secrets" / name).iterdir()] == ["userbus_amqp_url"]


def test_the_worker_and_the_administrator_of_mongodb_have_urls_of_their_own(tmp_path: Path) -> None:
    admin, worker = write_secrets(tmp_path / "secrets", tmp_path / "broker")
    url = (tmp_path / "secrets" / "worker" / "userbus_mongo_url").read_text()
    assert url == f"mongodb://userbus:{worker}@mongo:27017/userbus?replicaSet=rs0"
    assert f"admin:{admin}@" in (tmp_path / "secrets" / "admin" / "mongo_url").read_text()
    assert admin != worker
    assert write_secrets(tmp_path / "secrets", tmp_path / "broker") == (admin, worker)


def test_the_image_has_a_folder_of_its_user_for_every_volume_of_secrets() -> None:
    mounted = set(re.findall(r":(/secrets/\w+)", (ROOT / "compose.yaml").read_text()))
    assert len(mounted) == 5
    assert mounted <= set(re.findall(r"/secrets/\w+", (ROOT / "Dockerfile").read_text()))
