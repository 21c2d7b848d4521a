"""scrypt as passlib, Django, Werkzeug, Spring, Kratos and better-auth write it."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from functools import partial

from models.secrets.hashes.stored import Form, StoredHash, decode, require_key, same

SECONDS_A_BLOCK = 0.42e-6
HIGHEST_LOGARITHM = 31
_NUMBER = "([1-9][0-9]{0,8})"
_BASE64 = "([+/0-9A-Za-z]+=*)"
_HEX = "([0-9a-f]+)"

Parameters = tuple[int, int, int]  # N, r, p


def scrypt_hash(
    scheme: str, parameters: Parameters, salt: bytes, key: bytes, variant: Callable[[str], str] = same
) -> StoredHash:
    """A scrypt hash. Raises `ValueError` for parameters that scrypt does not have."""
    matches = partial(_matches, parameters, salt, require_key(key))
    return StoredHash(scheme, seconds(parameters), matches, memory(parameters), variants=(variant,))


def derive(parameters: Parameters, salt: bytes, length: int, password: bytes) -> bytes:
    """The key of so many bytes that scrypt makes of a password."""
    n, r, p = parameters
    room = 128 * r * (n + p + 4)
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=room, dklen=length)


def seconds(parameters: Parameters) -> float:
    """What deriving one key takes. Raises `ValueError` for parameters that scrypt does not have."""
    n, r, p = parameters
    if n < 2 or n & (n - 1):
        raise ValueError("N is no power of two")
    return n * r * p * SECONDS_A_BLOCK


def memory(parameters: Parameters) -> int:
    """KiB that deriving one key takes."""
    n, r, p = parameters
    return max(n, p) * r // 8


def _matches(parameters: Parameters, salt: bytes, key: bytes, password: bytes) -> bool:
    return hmac.compare_digest(derive(parameters, salt, len(key), password), key)


def _read_phc(found: re.Match[str]) -> StoredHash:
    ln, r, p = map(int, found.groups()[:3])
    n = 1 << ln if ln <= HIGHEST_LOGARITHM else ln  # Kratos writes N itself
    return scrypt_hash("scrypt", (n, r, p), decode(found[4]), decode(found[5]))


def _read_django(found: re.Match[str]) -> StoredHash:
    parameters = int(found[1]), int(found[3]), int(found[4])
    return scrypt_hash("django_scrypt", parameters, found[2].encode(), decode(found[5]))


def _read_werkzeug(found: re.Match[str]) -> StoredHash:
    n, r, p = map(int, found.groups()[:3])
    return scrypt_hash("werkzeug_scrypt", (n, r, p), found[4].encode(), bytes.fromhex(found[5]))


def _read_spring(found: re.Match[str]) -> StoredHash:
    ln, r, p = bytes.fromhex(found[1].zfill(6))
    if ln > HIGHEST_LOGARITHM or not r * p:
        raise ValueError("no such parameters")
    return scrypt_hash("spring_scrypt", (1 << ln, r, p), decode(found[2]), decode(found[3]))


def _read_better_auth(found: re.Match[str]) -> StoredHash:
    key = bytes.fromhex(found[2])
    return scrypt_hash("better_auth", (16384, 16, 1), found[1].encode(), key, partial(unicodedata.normalize, "NFKC"))


FORMS = (
    Form(
        "scrypt",
        ("$scrypt$", "$7$ln="),
        re.compile(rf"\$(?:scrypt|7)\$ln={_NUMBER},r={_NUMBER},p={_NUMBER}\${_BASE64}\${_BASE64}"),
        _read_phc,
    ),
    Form(
        "django_scrypt",
        ("scrypt$",),
        re.compile(rf"scrypt\${_NUMBER}\$([^$]+)\${_NUMBER}\${_NUMBER}\${_BASE64}"),
        _read_django,
    ),
    Form(
        "werkzeug_scrypt",
        ("scrypt:",),
        re.compile(rf"scrypt:{_NUMBER}:{_NUMBER}:{_NUMBER}\$([^$]+)\${_HEX}"),
        _read_werkzeug,
    ),
    Form("spring_scrypt", (), re.compile(rf"\$([1-9a-f][0-9a-f]{{4,5}})\${_BASE64}\${_BASE64}"), _read_spring),
    Form("better_auth", (), re.compile(r"([0-9a-f]{32}):([0-9a-f]{128})"), _read_better_auth),
)
