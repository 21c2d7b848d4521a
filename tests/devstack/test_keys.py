"""Secrets of a development stack."""

import base64
import re
from pathlib import Path

from cryptography.fernet import Fernet

from devstack.keys import ensure_secret, random_key, random_password, write_secret


def test_a_secret_is_generated_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "key"
    first = ensure_secret(file, random_key)
    assert ensure_secret(file, random_key) == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_an_empty_secret_is_generated_again(tmp_path: Path) -> None:
    write_secret(tmp_path / "key", "")
    assert ensure_secret(tmp_path / "key", lambda: "new") == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_key_has_32_random_bytes_and_is_one_of_fernet() -> None:
    key = random_key()
    assert len(base64.urlsafe_b64decode(key)) == 32
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"text")) == b"text"


def test_a_password_needs_no_escaping_in_a_url() -> None:
    assert re.fullmatch("[0-9a-f]{48}", random_password())
