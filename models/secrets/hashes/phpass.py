"""phpass, which WordPress before 6.8 and phpBB used, and Drupal 7's variant with SHA-512."""

import hashlib
import hmac
import re

from passlib.hash import phpass
from passlib.utils.binary import h64

from models.secrets.hashes.bcrypt import php_trim
from models.secrets.hashes.stored import Form, StoredHash, same

_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_H = "[./0-9A-Za-z]"
_COST = "([5-9A-S])"  # 2^7 to 2^30 rounds


def _rounds(letter: str) -> int:
    return 1 << _ALPHABET.index(letter)


def _read_portable(found: re.Match[str]) -> StoredHash:
    rounds = _rounds(found[1])
    return StoredHash(
        "phpass",
        rounds * 0.6e-6,
        lambda password: phpass.verify(password, found[0]),
        per_byte=rounds * 1.7e-9,
        variants=(same, php_trim),
    )


def _read_drupal(found: re.Match[str]) -> StoredHash:
    rounds, salt, key = _rounds(found[1]), found[2].encode(), found[3].encode()

    def matches(password: bytes) -> bool:
        digest = hashlib.sha512(salt + password).digest()
        for _ in range(rounds):
            digest = hashlib.sha512(digest + password).digest()
        return hmac.compare_digest(h64.encode_bytes(digest)[: len(key)], key)

    return StoredHash("drupal7", rounds * 0.75e-6, matches, per_byte=rounds * 1.8e-9)


FORMS = (
    Form("phpass", ("$P$", "$H$"), re.compile(rf"\$[PH]\${_COST}{_H}{{30}}"), _read_portable),
    Form("drupal7", ("$S$",), re.compile(rf"\$S\${_COST}({_H}{{8}})({_H}{{43}})"), _read_drupal),
)
