"""Checking passwords: against hashes of other systems as these made them, against ours, with bounded queues."""

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator
from typing import Any, Literal
from unicodedata import normalize

import pytest
from passlib.hash import (
    argon2,
    bcrypt,
    django_pbkdf2_sha256,
    hex_sha256,
    ldap_salted_sha1,
    pbkdf2_sha256,
    pbkdf2_sha512,
    scrypt,
    sha256_crypt,
    sha512_crypt,
)

from models.errors.auth import HashingBusy
from models.secrets.passwords import Passwords, imported_hash

PASSWORD = "correct horse battery"
CHINESE = "白日依山尽黄河入海流欲穷千里目更上一层楼床前明月光疑是地上霜举头"
ACCENTED = "Ångström ê"
Form = Literal["NFC", "NFD"]


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


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


@pytest.mark.parametrize("stored", WHOLE.values(), ids=WHOLE)
async def test_a_whole_hash_of_a_known_scheme_is_let_in_and_serves(stored: str, passwords: Passwords) -> None:
    assert imported_hash(stored) == stored
    assert (await passwords.verify(PASSWORD, stored))[0]
    assert not (await passwords.verify("wrong", stored))[0]


async def test_bcrypt_compares_72_bytes_and_ours_compares_all(passwords: Passwords) -> None:
    stored = bcrypt.using(rounds=4).hash(CHINESE.encode()[:72])
    good, better = await passwords.verify(CHINESE, stored)
    assert good
    assert better is not None
    assert await passwords.verify(CHINESE, better) == (True, None)
    assert await passwords.verify(CHINESE[:-1], better) == (False, None)
    assert await passwords.verify(CHINESE[1:], stored) == (False, None)


@pytest.mark.parametrize(
    "scheme", [bcrypt.using(rounds=4), pbkdf2_sha256.using(rounds=1000), argon2.using(memory_cost=64)]
)
@pytest.mark.parametrize("made_of", ["NFC", "NFD"])
async def test_a_password_is_compared_as_typed_and_in_nfc(scheme: Any, made_of: Form, passwords: Passwords) -> None:
    stored = scheme.hash(normalize(made_of, ACCENTED))
    good, better = await passwords.verify(normalize("NFD", ACCENTED), stored)
    assert good
    assert better is not None
    assert await passwords.verify(normalize("NFC", ACCENTED), better) == (True, None)
    assert await passwords.verify(normalize("NFD", ACCENTED), better) == (True, None)


async def test_our_own_hashes_are_made_of_nfc(passwords: Passwords) -> None:
    stored = await passwords.hash(normalize("NFD", ACCENTED))
    assert argon2.verify(normalize("NFC", ACCENTED), stored)


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"memory_cost": 65536, "time_cost": 4, "parallelism": 1}, True),
        ({"memory_cost": 65536, "time_cost": 4, "parallelism": 4, "type": "I"}, True),
        ({"memory_cost": 131072, "time_cost": 1, "parallelism": 1}, True),
        ({"memory_cost": 19456, "time_cost": 2, "parallelism": 1}, True),
        ({"memory_cost": 19456, "time_cost": 1, "parallelism": 1}, False),
        ({"memory_cost": 7168, "time_cost": 5, "parallelism": 1}, False),
    ],
)
async def test_an_upgrade_never_weakens(settings: dict[str, Any], kept: bool, passwords: Passwords) -> None:
    good, better = await passwords.verify(PASSWORD, argon2.using(**settings).hash(PASSWORD))
    assert good
    assert (better is None) == kept


async def test_raised_settings_upgrade_our_own_hashes(passwords: Passwords) -> None:
    raised = Passwords(memory=32768, rounds=3)
    good, better = await raised.verify(PASSWORD, await passwords.hash(PASSWORD))
    raised.close()
    assert good
    assert better is not None
    assert better.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert await passwords.verify(PASSWORD, better) == (True, None)


@pytest.mark.parametrize("typed", ["\ufb01ne \uff11\uff12", "fine 12"])
async def test_better_auth_folds_widths_and_is_upgraded_by_the_folded_text(typed: str, passwords: Passwords) -> None:
    key = hashlib.scrypt(b"fine 12", salt=b"00" * 16, n=16384, r=16, p=1, maxmem=2**26, dklen=64)
    good, better = await passwords.verify(typed, f"{'00' * 16}:{key.hex()}")
    assert good
    assert (better is None) == (typed != "fine 12")


async def test_a_password_for_which_a_hash_is_too_costly_is_wrong(passwords: Passwords) -> None:
    longest = "\u9f98" * 4096
    assert await passwords.verify(longest, sha512_crypt.using(rounds=656_000).hash("x")) == (False, None)
    assert await passwords.verify(longest, sha512_crypt.using(rounds=5000).hash(longest[:1365])) == (False, None)


@pytest.mark.parametrize("stored", ["", "!", "correct horse battery", "$2b$10$short", "$y$j9T$salt$hash"])
async def test_what_cannot_be_read_lets_nobody_in(stored: str, passwords: Passwords) -> None:
    assert await passwords.verify(stored, stored) == (False, None)


@pytest.mark.parametrize("password", ["\ud800", "nul\0nul", ""])
@pytest.mark.parametrize("scheme", ["bcrypt", "argon2id", "scrypt", "sha256_crypt", "django"])
async def test_a_password_that_a_scheme_cannot_have_is_wrong(password: str, scheme: str, passwords: Passwords) -> None:
    assert await passwords.verify(password, WHOLE[scheme]) == (False, None)
    assert await passwords.verify(password, None) == (False, None)


async def test_more_costly_checks_than_may_wait_are_refused_at_once_and_ours_go_on(passwords: Passwords) -> None:
    own, costly = await passwords.hash(PASSWORD), bcrypt.using(rounds=13).hash(PASSWORD)
    checks = [asyncio.create_task(passwords.verify(PASSWORD, costly)) for _ in range(40)]
    await asyncio.sleep(0)
    with pytest.raises(HashingBusy):
        await passwords.verify(PASSWORD, costly)
    assert await passwords.verify(PASSWORD, own) == (True, None)
    assert not all(check.done() for check in checks)
    for check in checks:
        check.cancel()
    outcomes = await asyncio.gather(*checks, return_exceptions=True)
    assert any(isinstance(outcome, HashingBusy) for outcome in outcomes)


@pytest.mark.parametrize(
    "stored", [None, "unreadable", hex_sha256.hash("right"), ldap_salted_sha1.hash("right")], ids=range(4)
)
async def test_no_password_and_a_cheap_hash_cost_as_much_as_our_own(stored: str | None) -> None:
    """Where no more of our own hashes may wait, these are refused as well: they are in the same queue."""
    small = Passwords(waiting=1)
    full = [asyncio.create_task(small.hash("filling")) for _ in range((os.cpu_count() or 1) + 1)]
    await asyncio.sleep(0)
    with pytest.raises(HashingBusy):
        await small.verify("wrong", stored)
    await asyncio.gather(*full)
    assert await small.verify("wrong", stored) == (False, None)
    small.close()
