"""Hashes whose parts lie in several fields: the JSON text of these fields, named as the writer names them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from models.secrets.hashes import argon2
from models.secrets.hashes.digests import digest_hash
from models.secrets.hashes.firebase import firebase_hash
from models.secrets.hashes.pbkdf2 import pbkdf2_hash, size_of
from models.secrets.hashes.stored import StoredHash, decode, require_key

CASDOOR = {"salt": "sha256", "sha512-salt": "sha512", "md5-salt": "md5"}
CASDOOR_TYPES = {*CASDOOR, "pbkdf2-salt"}  # the others keep all parts in `password`
KEYCLOAK = {"pbkdf2": "sha1", "pbkdf2-sha256": "sha256", "pbkdf2-sha512": "sha512"}
PLACE = "@"  # where Logto puts the password

Record = Mapping[str, Any]


def keycloak(record: Record) -> StoredHash:
    """A credential of Keycloak: `secretData` and `credentialData`, each JSON inside text as in its export."""
    secret, about = (_object(record[name]) for name in ("secretData", "credentialData"))
    if about["algorithm"] == "argon2":
        return _keycloak_argon2(secret, about)
    key = require_key(decode(secret["value"]))
    return pbkdf2_hash(
        "keycloak", KEYCLOAK[about["algorithm"]], int(about["hashIterations"]), decode(secret["salt"]), key
    )


def casdoor(record: Record) -> StoredHash:
    """A user of Casdoor: `passwordType`, `password`, `passwordSalt`."""
    kind, salt = record["passwordType"], record.get("passwordSalt") or ""
    if kind == "pbkdf2-salt":
        key = require_key(decode(record["password"]), 64)
        return pbkdf2_hash("casdoor", "sha256", 27_500, decode(salt), key)
    name, key = CASDOOR[kind], bytes.fromhex(record["password"])

    def twice(password: bytes) -> bytes:
        return hashlib.new(name, password, usedforsecurity=False).hexdigest().encode() + salt.encode()

    return digest_hash("casdoor", name, key, [twice] if salt else [bytes, twice])


def firebase(record: Record) -> StoredHash:
    """A user of Firebase, `passwordHash` and `salt`, with the hash parameters of its project."""
    salt = decode(record["salt"]) + decode(record["base64_salt_separator"])
    parameters = 1 << min(int(record["mem_cost"]), 31), int(record["rounds"]), 1
    return firebase_hash(parameters, salt, decode(record["base64_signer_key"]), decode(record["passwordHash"]))


def logto(parts: list[Any]) -> StoredHash:
    """Logto's Legacy form: the digest or `pbkdf2`, its arguments with `@` for the password, the hexadecimal outcome."""
    name, arguments, expected = parts
    key = bytes.fromhex(expected)
    if PLACE not in arguments:
        raise ValueError("its arguments leave the password out")
    if name == "pbkdf2":
        salt, rounds, size, digest, _ = arguments
        return pbkdf2_hash("logto", digest, int(rounds), salt.encode(), require_key(key, int(size)))
    size_of(name)
    return digest_hash("logto", name, key, [lambda password: _join(arguments, password)])


def _join(arguments: list[str], password: bytes) -> bytes:
    return b"".join(password if part == PLACE else part.encode() for part in arguments)


def _keycloak_argon2(secret: Record, about: Record) -> StoredHash:
    given = {name: values[0] for name, values in about["additionalParameters"].items()}
    salt, key = (secret[name].rstrip("=") for name in ("salt", "value"))
    version = {"1.3": 19, "1.0": 16}[given.get("version", "1.3")]
    text = (
        f"$argon2{given.get('type', 'id')}$v={version}"
        f"$m={given['memory']},t={about['hashIterations']},p={given['parallelism']}${salt}${key}"
    )
    (form,) = argon2.FORMS
    found = form.pattern.fullmatch(text)
    if found is None:
        raise ValueError("its parameters are not those of Argon2")
    return form.read(found)


def _object(given: Any) -> Record:
    found = json.loads(given) if isinstance(given, str) else given
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


# the writer whose record has these fields
WRITERS: tuple[tuple[str, frozenset[str], Callable[[Record], StoredHash]], ...] = (
    ("keycloak", frozenset({"secretData", "credentialData"}), keycloak),
    ("casdoor", frozenset({"passwordType", "password"}), casdoor),
    (
        "firebase_scrypt",
        frozenset({"passwordHash", "salt", "base64_signer_key", "base64_salt_separator", "rounds", "mem_cost"}),
        firebase,
    ),
)
