"""PBKDF2 as passlib, Django, Werkzeug, Kratos, OpenLDAP, Spring and ASP.NET Identity write it."""

import hashlib
import hmac
import re
from functools import cache, partial

from models.secrets.hashes.stored import Form, StoredHash, decode, require_key

# seconds a round; SHA-1 and SHA-2 of 256 bits by the processor's own instructions
RATES = {
    "md5": 0.45e-6,
    "sha1": 0.35e-6,
    "sha224": 0.35e-6,
    "sha256": 0.35e-6,
    "sha384": 0.75e-6,
    "sha512": 0.75e-6,
    "sha3_224": 1.1e-6,
    "sha3_384": 1.1e-6,
}
KRATOS = {"sha224": "sha3_224", "sha384": "sha3_384"}  # what it computes under these names
PRFS = ("sha1", "sha256", "sha512")  # the numbers that ASP.NET Identity gives them
_ROUNDS = "([1-9][0-9]{0,8})"
_BASE64 = "([./+0-9A-Za-z]+=*)"
_HEX = "([0-9a-f]+)"


@cache
def size_of(digest: str) -> int:
    """The bytes of a digest, which is also one block of PBKDF2. Raises `ValueError` for one that we cannot compute."""
    if digest not in RATES:
        raise ValueError("no digest of that name")
    return hashlib.new(digest, usedforsecurity=False).digest_size


def pbkdf2_hash(scheme: str, digest: str, rounds: int, salt: bytes, key: bytes) -> StoredHash:
    """The blocks of a key do not depend on each other: the first is computed and compared."""
    if not salt:
        raise ValueError("there is no salt")
    key = key[: size_of(digest)]
    return StoredHash(scheme, rounds * RATES[digest], partial(_matches, digest, rounds, salt, key))


def _matches(digest: str, rounds: int, salt: bytes, key: bytes, password: bytes) -> bool:
    return hmac.compare_digest(hashlib.pbkdf2_hmac(digest, password, salt, rounds, len(key)), key)


def _read_modular(found: re.Match[str]) -> StoredHash:
    digest = found[1] or "sha1"
    if found[3]:
        key = require_key(decode(found[5]), int(found[3]))
        return pbkdf2_hash("kratos_pbkdf2", KRATOS.get(digest, digest), int(found[2]), decode(found[4]), key)
    key = require_key(decode(found[5]))
    return pbkdf2_hash("pbkdf2", digest, int(found[2]), decode(found[4]), key)


def _read_django(found: re.Match[str]) -> StoredHash:
    key = require_key(decode(found[4]), size_of(found[1]))
    return pbkdf2_hash("django_pbkdf2", found[1], int(found[2]), found[3].encode(), key)


def _read_werkzeug(found: re.Match[str]) -> StoredHash:
    key = require_key(bytes.fromhex(found[4]), size_of(found[1]))
    return pbkdf2_hash("werkzeug_pbkdf2", found[1], int(found[2]), found[3].encode(), key)


def _read_openldap(found: re.Match[str]) -> StoredHash:
    digest = (found[1] or "sha1").lower()
    key = require_key(decode(found[4]), size_of(digest))
    return pbkdf2_hash("openldap_pbkdf2", digest, int(found[2]), decode(found[3]), key)


def _read_spring_5_8(found: re.Match[str]) -> StoredHash:
    both = bytes.fromhex(found[1])
    return pbkdf2_hash("spring_pbkdf2", "sha256", 310_000, both[:16], both[16:])


def _read_spring(found: re.Match[str]) -> StoredHash:
    """Before 5.8 a site chose between two digests, and the hash does not say which."""
    both = bytes.fromhex(found[1])
    either = [pbkdf2_hash("spring_pbkdf2", digest, 185_000, both[:8], both[8:]) for digest in ("sha256", "sha1")]
    return StoredHash(
        "spring_pbkdf2",
        sum(one.seconds for one in either),
        lambda password: any(one.matches(password) for one in either),
    )


def _read_identity_2(found: re.Match[str]) -> StoredHash:
    raw = decode(found[0])
    return pbkdf2_hash("aspnet_identity", "sha1", 1000, raw[1:17], raw[17:])


def _read_identity_3(found: re.Match[str]) -> StoredHash:
    raw = decode(found[0])
    prf, rounds, length = (int.from_bytes(raw[start : start + 4], "big") for start in (1, 5, 9))
    if prf >= len(PRFS) or length < 16 or rounds < 1:
        raise ValueError("its header is of no known form")
    return pbkdf2_hash("aspnet_identity", PRFS[prf], rounds, raw[13 : 13 + length], require_key(raw[13 + length :]))


FORMS = (
    Form(
        "pbkdf2",
        ("$pbkdf2",),
        re.compile(rf"\$pbkdf2(?:-(sha[0-9]+))?\$(?:i=)?{_ROUNDS}(?:,l=([1-9][0-9]{{0,3}}))?\${_BASE64}\${_BASE64}"),
        _read_modular,
    ),
    Form(
        "django_pbkdf2", ("pbkdf2_",), re.compile(rf"pbkdf2_(sha[0-9]+)\${_ROUNDS}\$([^$]+)\${_BASE64}"), _read_django
    ),
    Form("werkzeug_pbkdf2", ("pbkdf2:",), re.compile(rf"pbkdf2:(\w+):{_ROUNDS}\$([^$]+)\${_HEX}"), _read_werkzeug),
    Form(
        "openldap_pbkdf2",
        ("{PBKDF2", "{pbkdf2-"),
        re.compile(rf"\{{PBKDF2(?:-(SHA[0-9]+))?\}}{_ROUNDS}\${_BASE64}\${_BASE64}", re.IGNORECASE),
        _read_openldap,
    ),
    Form(
        "spring_pbkdf2",
        ("{pbkdf2@",),
        re.compile(r"(?:\{pbkdf2@SpringSecurity_v5_8\})?([0-9a-f]{96})"),
        _read_spring_5_8,
    ),
    Form("spring_pbkdf2", ("{pbkdf2}",), re.compile(r"(?:\{pbkdf2\})?([0-9a-f]{80})"), _read_spring),
    Form("aspnet_identity", (), re.compile(r"A[A-P][+/0-9A-Za-z]{64}=="), _read_identity_2),
    Form("aspnet_identity", ("AQAAAA",), re.compile(r"AQAAAA[+/0-9A-Za-z]{48,}={0,2}"), _read_identity_3),
)
