"""Foreign hashes: whole ones of every scheme are let in and serve, what nobody could sign in with is not."""

import base64
import hashlib

import pytest
from passlib.hash import (
    argon2,
    bcrypt,
    django_pbkdf2_sha256,
    pbkdf2_sha256,
    pbkdf2_sha512,
    scrypt,
    sha256_crypt,
    sha512_crypt,
)

from models.errors.auth import HashRefused
from models.passwords import Passwords, refuse_costly

PASSWORD = "correct horse battery"


def django(rounds: int, salt: str) -> str:
    """What Django's own hasher makes of the password."""
    made = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(made).decode()}"


WHOLE = {
    "bcrypt": bcrypt.using(rounds=4).hash(PASSWORD),
    "bcrypt 2a": bcrypt.using(rounds=4, ident="2a").hash(PASSWORD),
    "bcrypt 2y": bcrypt.using(rounds=4, ident="2y").hash(PASSWORD),
    "pbkdf2_sha256": pbkdf2_sha256.using(rounds=1000).hash(PASSWORD),
    "pbkdf2_sha512": pbkdf2_sha512.using(rounds=1000).hash(PASSWORD),
    "django by passlib": django_pbkdf2_sha256.using(rounds=1000).hash(PASSWORD),
    "django": django(1000, "seasalt22charactersABC"),
    "scrypt": scrypt.using(rounds=4).hash(PASSWORD),
    "sha256_crypt": sha256_crypt.using(rounds=1000).hash(PASSWORD),
    "sha256_crypt of 5000 rounds": sha256_crypt.using(rounds=5000).hash(PASSWORD),
    "sha512_crypt": sha512_crypt.using(rounds=1000).hash(PASSWORD),
    "argon2id": argon2.using(memory_cost=64, rounds=1, parallelism=1).hash(PASSWORD),
    "argon2i": argon2.using(memory_cost=64, rounds=1, parallelism=2, type="I").hash(PASSWORD),
    "argon2d": argon2.using(memory_cost=64, rounds=1, parallelism=1, type="D").hash(PASSWORD),
}
BCRYPT, ARGON2, SCRYPT = WHOLE["bcrypt"], WHOLE["argon2id"], WHOLE["scrypt"]
DJANGO, SHA256, PBKDF2 = WHOLE["django"], WHOLE["sha256_crypt"], WHOLE["pbkdf2_sha256"]
BROKEN = {
    "nothing": "",
    "plain": "correct horse battery",
    "bcrypt, cut off": "$2b$10$short",
    "bcrypt, a character less": BCRYPT[:-1],
    "bcrypt, a character more": BCRYPT + "x",
    "bcrypt, without digest": BCRYPT[:29],
    "bcrypt, of another alphabet": BCRYPT[:-1] + "!",
    "bcrypt 2x": BCRYPT.replace("$2b$", "$2x$"),
    "bcrypt, cost of one digit": BCRYPT.replace("$04$", "$4$"),
    "argon2, settings only": "$argon2id$v=19$m=19456,t=2,p=1$",
    "argon2, without digest": ARGON2.rpartition("$")[0],
    "argon2, memory for fewer threads": ARGON2.replace("p=1", "p=64"),
    "argon2, of no such kind": ARGON2.replace("argon2id", "argon2x"),
    "argon2, of another alphabet": ARGON2[:-1] + "!",
    "django, cut off": "pbkdf2_sha256$600000$salt$",
    "django, a character less": DJANGO[:-2],
    "django, without salt": DJANGO.replace("seasalt22charactersABC", ""),
    "pbkdf2, without digest": PBKDF2.rpartition("$")[0],
    "pbkdf2, a character less": PBKDF2[:-1],
    "scrypt, without digest": SCRYPT.rpartition("$")[0],
    "scrypt, settings mixed up": SCRYPT.replace("ln=4", "nl=4"),
    "scrypt, a character less": SCRYPT[:-1],
    "sha256_crypt, a character less": SHA256[:-1],
    "sha256_crypt, without digest": SHA256.rpartition("$")[0],
    "a line more": BCRYPT + "\n",
    "not ASCII": BCRYPT[:-1] + "ü",
    "digits without end": "$5$rounds=" + "9" * 5000 + "$salt$" + "x" * 43,
}
COSTLY = {
    "bcrypt": BCRYPT.replace("$04$", "$14$"),
    "pbkdf2": PBKDF2.replace("$1000$", "$2000001$"),
    "django": DJANGO.replace("$1000$", "$2000001$"),
    "scrypt": SCRYPT.replace("ln=4", "ln=18"),
    "scrypt, wider": SCRYPT.replace("r=8", "r=16"),
    "sha256_crypt": SHA256.replace("rounds=1000", "rounds=1000001"),
    "argon2, memory": ARGON2.replace("m=64", "m=262145"),
    "argon2, rounds": ARGON2.replace("t=1", "t=20000"),
    "argon2, threads": ARGON2.replace("m=64,t=1,p=1", "m=262144,t=1,p=32768"),
}


@pytest.mark.parametrize("stored", WHOLE.values(), ids=WHOLE)
async def test_a_whole_hash_of_a_known_scheme_is_let_in_and_serves(stored: str) -> None:
    refuse_costly(stored)
    passwords = Passwords()
    assert (await passwords.verify(PASSWORD, stored))[0]
    assert not (await passwords.verify("wrong", stored))[0]
    passwords.close()


@pytest.mark.parametrize("stored", BROKEN.values(), ids=BROKEN)
def test_a_hash_that_nobody_could_sign_in_with_is_refused(stored: str) -> None:
    with pytest.raises(HashRefused):
        refuse_costly(stored)


@pytest.mark.parametrize("stored", COSTLY.values(), ids=COSTLY)
def test_a_hash_that_takes_long_to_check_is_refused(stored: str) -> None:
    with pytest.raises(HashRefused):
        refuse_costly(stored)
