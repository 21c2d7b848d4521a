"""Files beside that of the people: Auth0's hashes, and parameters of hashes."""

import json
from pathlib import Path

import pytest
import typer

from cli.imports.options import add_passwords, find_surroundings
from cli.imports.row import UnreadableFile
from tests.cli.imports.test_systems import BCRYPT, read, shaping_of, values, write

LINE = json.dumps({"_id": {"$oid": "2"}, "passwordHash": BCRYPT}) + "\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [("hashes.json", LINE), ("hashes.json.gz", LINE), ("hashes.json", f"\ufeff{LINE}\n")],
    ids=["lines", "gzip", "a mark and an empty line"],
)
def test_auth0s_profiles_get_their_hashes_from_another_file(tmp_path: Path, name: str, content: str) -> None:
    profiles = [{"user_id": f"auth0|{n}", "email": f"{n}@x.cn", "blocked": n == 2} for n in (1, 2)]
    file = write(tmp_path, "profiles.json.gz", "".join(json.dumps(profile) + "\n" for profile in profiles))
    shaping = shaping_of("auth0")
    add_passwords(write(tmp_path, name, content), shaping)
    rows = read(file, shaping).rows
    assert values(rows, "email", "disabled", "password_hash") == [("1@x.cn", None, None), ("2@x.cn", 1, BCRYPT)]


def test_a_file_of_hashes_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hashes.json"
    file.write_bytes(LINE.encode() + b"\xff\n")
    with pytest.raises(UnreadableFile, match="--passwords: line 2 is not UTF-8"):
        add_passwords(file, shaping_of("auth0"))


def test_parameters_of_hashes_that_are_not_utf8_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hash_config"
    file.write_bytes("rounds: 8\n".encode("utf-16"))  # as PowerShell writes what a program prints
    assert find_surroundings(file, None).hash_config == {"rounds": "8"}
    file.write_bytes(b"rounds: 8\n\xff")
    with pytest.raises(typer.Exit):
        find_surroundings(file, None)
    assert "hash_config: line 2 is not UTF-8" in capsys.readouterr().err
