"""md5-crypt and sha-crypt of crypt(3), in its own words and in Kratos's."""

import re
from collections.abc import Callable

from passlib.hash import md5_crypt, sha256_crypt, sha512_crypt

from models.secrets.hashes.stored import Form, StoredHash

DEFAULT_ROUNDS = 5000
_H = "[./0-9A-Za-z]"
# scheme: (its two prefixes, handler, seconds a round, seconds a round and byte of the password)
_SCHEMES = {
    "md5_crypt": (("$1", "$md5-crypt"), md5_crypt, 0.6e-6, 3.2e-9),
    "sha256_crypt": (("$5", "$sha256-crypt"), sha256_crypt, 0.55e-6, 1.5e-9),
    "sha512_crypt": (("$6", "$sha512-crypt"), sha512_crypt, 0.75e-6, 3.4e-9),
}


def _reader(scheme: str) -> Callable[[re.Match[str]], StoredHash]:
    (prefix, _), handler, a_round, a_byte = _SCHEMES[scheme]

    def read(found: re.Match[str]) -> StoredHash:
        rounds = 1000 if scheme == "md5_crypt" else int(found["rounds"] or DEFAULT_ROUNDS)
        text = prefix + found["rest"]
        return StoredHash(
            scheme, rounds * a_round, lambda password: handler.verify(password, text), per_byte=rounds * a_byte
        )

    return read


def _form(scheme: str, rest: str) -> Form:
    prefixes = _SCHEMES[scheme][0]
    words = "|".join(map(re.escape, prefixes))
    pattern = re.compile(rf"(?:{words})(?P<rest>\${rest})")
    return Form(scheme, tuple(f"{prefix}$" for prefix in prefixes), pattern, _reader(scheme))


FORMS = (
    _form("md5_crypt", rf"{_H}{{0,8}}\${_H}{{22}}"),
    _form("sha256_crypt", rf"(?:rounds=(?P<rounds>[1-9][0-9]{{3,8}})\$)?{_H}{{0,16}}\${_H}{{43}}"),
    _form("sha512_crypt", rf"(?:rounds=(?P<rounds>[1-9][0-9]{{3,8}})\$)?{_H}{{0,16}}\${_H}{{86}}"),
)
