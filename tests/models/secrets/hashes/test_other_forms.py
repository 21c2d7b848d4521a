"""One hash in the forms of several systems: all let the password in that the program had which made it."""

import json
from collections.abc import Callable

import pytest

from models.secrets.hashes.reading import accept
from models.secrets.passwords import Passwords
from tests.models.secrets.hashes.test_samples import SAMPLES

Convert = Callable[[str], str]


def keycloak_argon2(stored: str) -> str:
    """As Keycloak 25 writes what PHC writes as one text."""
    _, kind, version, parameters, salt, key = stored.split("$")
    memory, rounds, lanes = [part.partition("=")[2] for part in parameters.split(",")]
    details = {"hashLength": ["32"], "memory": [memory], "type": [kind.removeprefix("argon2")], "version": ["1.3"]}
    assert version == "v=19"
    data = {"hashIterations": int(rounds), "algorithm": "argon2"}
    data["additionalParameters"] = details | {"parallelism": [lanes]}
    secret = {"value": pad(key), "salt": pad(salt), "additionalParameters": {}}
    return json.dumps({"secretData": json.dumps(secret), "credentialData": json.dumps(data)})


def pad(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def supabase(stored: str) -> str:
    given = json.loads(stored)
    separator, signer = given["base64_salt_separator"], given["base64_signer_key"]
    parameters = f"v=1,n={given['mem_cost']},r={given['rounds']},p=1,ss={separator},sk={signer}"
    return f"$fbscrypt${parameters}${given['salt']}${given['passwordHash']}"


def kratos_firebase(stored: str) -> str:
    given = json.loads(stored)
    parts = [given[name] for name in ("salt", "passwordHash", "base64_salt_separator", "base64_signer_key")]
    return f"$firescrypt$ln={given['mem_cost']},r={given['rounds']},p=1${'$'.join(parts)}"


def casdoor(kind: str) -> Convert:
    return lambda stored: json.dumps({"passwordType": kind, "password": stored, "passwordSalt": "unused"})


FORMS: dict[str, tuple[str, str, Convert]] = {  # writer and scheme of the sample, how another system writes it
    "Keycloak 25": ("npm argon2-before", "argon2", keycloak_argon2),
    "Spring": ("npm @node-rs/argon2", "argon2", lambda stored: "{argon2@SpringSecurity_v5_8}" + stored),
    "Spring, bcrypt": ("PHP", "bcrypt", lambda stored: "{bcrypt}" + stored.replace("$2y$", "$2a$")),
    "Casdoor, bcrypt": ("npm bcrypt", "bcrypt", casdoor("bcrypt")),
    "Casdoor, argon2id": ("npm @node-rs/argon2", "argon2", casdoor("argon2id")),
    "Casdoor, pbkdf2-django": ("PyPI Django", "django_pbkdf2", casdoor("pbkdf2-django")),
    "Supabase": ("npm firebase-scrypt", "firebase_scrypt", supabase),
    "Kratos, of Firebase": ("npm firebase-scrypt", "firebase_scrypt", kratos_firebase),
    "Kratos, md5-crypt": ("PyPI passlib", "md5_crypt", lambda stored: stored.replace("$1$", "$md5-crypt$")),
    "Kratos, sha512-crypt": ("PHP", "sha512_crypt", lambda stored: stored.replace("$6$", "$sha512-crypt$")),
    "Kratos, of OpenLDAP": ("OpenLDAP", "openldap_digest", str),
    "OpenLDAP, crypt(3)": ("mkpasswd", "sha512_crypt", lambda stored: "{CRYPT}" + stored),
}


@pytest.mark.parametrize("form", FORMS)
async def test_the_password_is_let_in_and_no_other(form: str) -> None:
    writer, scheme, convert = FORMS[form]
    sample = next(one for one in SAMPLES if (one["writer"], one["scheme"]) == (writer, scheme))
    stored, passwords = convert(sample["hash"]), Passwords()
    try:
        assert accept(stored).scheme == scheme
        assert (await passwords.verify(sample["password"], stored))[0]
        assert await passwords.verify("another password", stored) == (False, None)
    finally:
        passwords.close()
