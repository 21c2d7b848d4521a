"""Reading stored hashes: forms that are taken, and which of three reasons refuses the others."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis.strategies import from_regex, one_of, text

from models.errors.auth import HashRefused
from models.secrets.hashes.reading import accept, is_without_password, plain_password
from models.secrets.passwords import imported_hash

KEY = base64.b64encode(bytes(32)).decode().rstrip("=")
BCRYPT = "$2b$04$" + "a" * 53
ARGON2 = f"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ${KEY}"
PBKDF2 = f"$pbkdf2-sha256$1000$c2FsdA${KEY}"
DJANGO = f"pbkdf2_sha256$1000$seasalt${KEY}="
SCRYPT = f"$scrypt$ln=4,r=8,p=1$c2FsdA${KEY}"
SHA256, SHA512 = "$5$rounds=1000$salt$" + "x" * 43, "$6$rounds=1000$salt$" + "x" * 86
FIREBASE = f"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk={KEY}=$c2FsdA==${KEY}="
KEYCLOAK = {
    "secretData": json.dumps({"value": KEY, "salt": "c2FsdA=="}),
    "credentialData": json.dumps({"hashIterations": 27500, "algorithm": "pbkdf2-sha256"}),
}
KEYCLOAK_ARGON2 = {
    "secretData": json.dumps({"value": KEY, "salt": "c2FsdHNhbHQ="}),
    "credentialData": json.dumps(
        {
            "hashIterations": 5,
            "algorithm": "argon2",
            "additionalParameters": {
                "hashLength": ["32"],
                "memory": ["7168"],
                "type": ["id"],
                "version": ["1.3"],
                "parallelism": ["1"],
            },
        }
    ),
}
TAKEN = {
    "argon2, parameters in another order": ("argon2", ARGON2.replace("m=64,t=1,p=1", "p=1,t=1,m=64")),
    "argon2, of Spring": ("argon2", "{argon2@SpringSecurity_v5_8}" + ARGON2),
    "argon2, of Django": ("argon2", "argon2" + ARGON2),
    "argon2, of OpenLDAP": ("argon2", "{ARGON2}" + ARGON2),
    "argon2, of Keycloak": ("argon2", json.dumps(KEYCLOAK_ARGON2)),
    "bcrypt, of Spring": ("bcrypt", "{bcrypt}" + BCRYPT),
    "bcrypt, of Django": ("bcrypt", "bcrypt$" + BCRYPT),
    "bcrypt, of Casdoor": ("bcrypt", json.dumps({"passwordType": "bcrypt", "password": BCRYPT, "passwordSalt": ""})),
    "crypt, of OpenLDAP": ("sha512_crypt", "{CRYPT}" + SHA512),
    "crypt, of Kratos": ("sha256_crypt", SHA256.replace("$5", "$sha256-crypt")),
    "salted digest, of Django without salt": ("salted_digest", "sha1$$" + "0" * 40),
    "pbkdf2, of Keycloak": ("keycloak", json.dumps(KEYCLOAK)),
    "pbkdf2, a key of two blocks": ("pbkdf2", PBKDF2.replace(KEY, "A" * 86)),
    "pbkdf2, a key of half a block": ("pbkdf2", PBKDF2.replace("sha256", "sha512")),
    "scrypt, wider": ("scrypt", SCRYPT.replace("r=8", "r=16")),
    "firebase": ("firebase_scrypt", FIREBASE),
}
MALFORMED = {
    "bcrypt, cut off": "$2b$10$short",
    "bcrypt, a character less": BCRYPT[:-1],
    "bcrypt, a character more": BCRYPT + "x",
    "bcrypt, without digest": BCRYPT[:29],
    "bcrypt, of another alphabet": BCRYPT[:-1] + "!",
    "bcrypt, cost of one digit": BCRYPT.replace("$04$", "$4$"),
    "bcrypt, with a line end": BCRYPT + "\n",
    "bcrypt, not ASCII": BCRYPT[:-1] + "ü",
    "argon2, settings only": "$argon2id$v=19$m=19456,t=2,p=1$",
    "argon2, without digest": ARGON2.rpartition("$")[0],
    "argon2, memory for fewer threads": ARGON2.replace("p=1", "p=64"),
    "argon2, of no such kind": ARGON2.replace("argon2id", "argon2x"),
    "argon2, of another alphabet": ARGON2[:-1] + "!",
    "argon2, memory twice": ARGON2.replace("t=1", "m=1"),
    "django, cut off": "pbkdf2_sha256$600000$salt$",
    "django, a character less": DJANGO[:-2],
    "django, without salt": DJANGO.replace("seasalt", ""),
    "django, of no such digest": DJANGO.replace("sha256", "sha999"),
    "pbkdf2, without digest": PBKDF2.rpartition("$")[0],
    "pbkdf2, a character less": PBKDF2[:-1],
    "pbkdf2, of another length than it says": PBKDF2.replace("$1000$", "$i=1000,l=64$"),
    "pbkdf2, without rounds": PBKDF2.replace("$1000$", "$0$"),
    "scrypt, without digest": SCRYPT.rpartition("$")[0],
    "scrypt, settings mixed up": SCRYPT.replace("ln=4", "nl=4"),
    "scrypt, a character less": SCRYPT[:-1],
    "scrypt, N no power of two": SCRYPT.replace("ln=4", "ln=16385"),
    "sha256_crypt, a character less": SHA256[:-1],
    "sha256_crypt, without digest": SHA256.rpartition("$")[0],
    "salted digest, a digit less": "sha1$salt$" + "0" * 39,
    "salted digest, of another length than its name says": "sha256$salt$" + "0" * 40,
    "openldap, salt cut off": "{SSHA}" + base64.b64encode(bytes(20)).decode(),
    "openldap, unsalted with salt": "{SHA}" + base64.b64encode(bytes(24)).decode(),
    "kratos, without a place for the password": f"$sha256$pf=e1NBTFR9$c2FsdA==${KEY}=",
    "firebase, key of another length than the signer's": FIREBASE.removesuffix("AAAA=") + "=",
    "logto, without a place for the password": '["sha256", ["salt"], "' + "0" * 64 + '"]',
    "logto, of no such digest": '["sha999", ["salt", "@"], "00"]',
    "logto, not hexadecimal": '["md5", ["@"], "hexadecimal"]',
    "logto, numbers": '["md5", [1, "@"], 5]',
    "keycloak, without salt": json.dumps(KEYCLOAK | {"secretData": json.dumps({"value": KEY})}),
    "keycloak, of no such algorithm": json.dumps(KEYCLOAK | {"credentialData": '{"algorithm": "argon3"}'}),
    "keycloak, lists": json.dumps(KEYCLOAK | {"secretData": "[]"}),
    "casdoor, not whole": json.dumps({"passwordType": "salt", "password": "00", "passwordSalt": "x"}),
    "JSON, cut off": json.dumps(KEYCLOAK)[:-5],
    "JSON, deep": "[" * 4000,
    "digits without end": "$5$rounds=" + "9" * 5000 + "$salt$" + "x" * 43,
}
UNKNOWN = {
    "plain": "correct horse battery",
    "bcrypt 2x": BCRYPT.replace("$2b$", "$2x$"),
    "yescrypt": "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
    "SuperTokens": "$f_scrypt$aGFzaA==$c2FsdA==$m=14$r=8$s=Bw==",
    "NT": "$3$$8846f7eaee8fb117ad06bdd830b7586c",
    "other fields": '{"hash": "x"}',
    "a number of fields": "{}",
    "hexadecimal, of no digest's length": "0" * 33,
}
COSTLY = {
    "bcrypt": BCRYPT.replace("$04$", "$14$"),
    "pbkdf2": PBKDF2.replace("$1000$", "$9000001$"),
    "django": DJANGO.replace("$1000$", "$9000001$"),
    "scrypt": SCRYPT.replace("ln=4", "ln=18"),
    "scrypt, of Kratos": SCRYPT.replace("ln=4", f"ln={1 << 18}"),
    "scrypt, wide": SCRYPT.replace("ln=4,r=8", "ln=10,r=2048"),
    "scrypt, many times": SCRYPT.replace("p=1", "p=99999"),
    "firebase": FIREBASE.replace("n=14", "n=20"),
    "sha256_crypt": SHA256.replace("rounds=1000", "rounds=2000001"),
    "sha512_crypt": SHA512.replace("rounds=1000", "rounds=1000000"),
    "phpass": "$P$S" + "x" * 30,
    "drupal7": "$S$S" + "x" * 51,
    "argon2, memory": ARGON2.replace("m=64", "m=262144"),
    "argon2, rounds": ARGON2.replace("t=1", "t=99999"),
    "argon2, threads": ARGON2.replace("m=64,t=1,p=1", "m=792,t=1323,p=99"),
    "argon2, very many threads": ARGON2.replace("m=64,t=1,p=1", "m=262144,t=1,p=32768"),
    "logto": '["pbkdf2", ["salt", "999999999", "20", "sha512", "@"], "' + "0" * 40 + '"]',
    "keycloak": json.dumps(KEYCLOAK | {"credentialData": '{"hashIterations": 1e9, "algorithm": "pbkdf2"}'}),
}


def outcome(stored: str) -> str:
    try:
        plain_password(stored)
        return "no password" if imported_hash(stored) is None else "taken"
    except HashRefused as refused:
        return str(refused.details["reason"])


def refusal(stored: str) -> Any:
    with pytest.raises(HashRefused) as refused:
        imported_hash(stored)
    return refused.value


@pytest.mark.parametrize(("scheme", "stored"), TAKEN.values(), ids=TAKEN)
def test_a_form_is_taken_as_it_is_stored(scheme: str, stored: str) -> None:
    assert accept(stored).scheme == scheme
    assert imported_hash(stored) == stored


@pytest.mark.parametrize("stored", MALFORMED.values(), ids=MALFORMED)
def test_a_hash_that_nobody_could_sign_in_with_is_malformed(stored: str) -> None:
    assert refusal(stored).details["reason"] == "malformed"


@pytest.mark.parametrize("stored", UNKNOWN.values(), ids=UNKNOWN)
def test_a_scheme_that_cannot_be_checked_is_unknown(stored: str) -> None:
    assert refusal(stored).details["reason"] == "unknown_scheme"


@pytest.mark.parametrize("stored", COSTLY.values(), ids=COSTLY)
def test_a_hash_that_takes_long_to_check_is_too_costly(stored: str) -> None:
    refused = refusal(stored)
    assert refused.details["reason"] == "too_costly"
    assert refused.details["seconds"] > 1 or refused.details["memory"] > 128
    assert str(refused.details["seconds"]) in str(refused)


def test_a_refusal_by_name_says_what_to_do_instead() -> None:
    assert refusal(UNKNOWN["yescrypt"]).details["scheme"] == "yescrypt"
    assert "set a new password" in str(refusal(UNKNOWN["yescrypt"]))
    assert "$fbscrypt$" in str(refusal(UNKNOWN["SuperTokens"]))


@given(stored=one_of(text(), from_regex(r"[$\{]\w{1,12}[$}:][^$]{0,9}(\$[^$]{0,50}){0,4}")))
@example(stored="{}")
@example(stored="[]")
@example(stored='{"passwordType": [], "password": 1}')
def test_whatever_is_given_is_taken_or_refused(stored: str) -> None:
    assert outcome(stored) in {"taken", "no password", "malformed", "unknown_scheme", "too_costly"}


@pytest.mark.parametrize("stored", ["", "  ", "!", "!" + "a" * 40, "!!", "!$6$salt$hash", "*", "*LK*", "*NP*"])
def test_where_nobody_can_sign_in_there_is_no_password(stored: str) -> None:
    assert is_without_password(stored)
    assert imported_hash(stored) is None


@pytest.mark.parametrize(
    "stored",
    ["{noop}secret!", "{CLEARTEXT}secret!", '{"passwordType": "plain", "password": "secret!", "passwordSalt": ""}'],
)
def test_a_password_in_plain_is_recognised(stored: str) -> None:
    assert plain_password(stored) == "secret!"


@pytest.mark.parametrize("stored", ["secret!", BCRYPT, "{SSHA}secret", *map(str, KEYCLOAK.values()), '["plain"]', "{"])
def test_nothing_else_is_taken_for_a_password_in_plain(stored: str) -> None:
    assert plain_password(stored) is None
