"""Firebase's scrypt: the project's signer key, enciphered under a key that scrypt makes of the password."""

import hmac
import re
from functools import partial

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from models.secrets.hashes.scrypt import Parameters, derive, memory, seconds
from models.secrets.hashes.stored import Form, StoredHash, decode, require_key

_NUMBER = "([1-9][0-9]?)"
_BASE64 = "([+/0-9A-Za-z]+=*)"


def firebase_hash(parameters: Parameters, salt: bytes, signer: bytes, key: bytes) -> StoredHash:
    """`salt` is the user's with the project's separator after it, `signer` the project's signer key."""
    matches = partial(_matches, parameters, salt, signer, require_key(key, len(signer)))
    return StoredHash("firebase_scrypt", seconds(parameters), matches, memory(parameters))


def _matches(parameters: Parameters, salt: bytes, signer: bytes, key: bytes, password: bytes) -> bool:
    cipher = Cipher(AES(derive(parameters, salt, 32, password)), CTR(bytes(16)))
    return hmac.compare_digest(cipher.encryptor().update(signer), key)


def _read_supabase(found: re.Match[str]) -> StoredHash:
    ln, r, p = map(int, found.groups()[:3])
    separator, signer, salt, key = (decode(part or "") for part in found.groups()[3:])
    return firebase_hash((1 << ln, r, p), salt + separator, signer, key)


def _read_kratos(found: re.Match[str]) -> StoredHash:
    ln, r, p = map(int, found.groups()[:3])
    salt, key, separator, signer = (decode(part) for part in found.groups()[3:])
    return firebase_hash((1 << ln, r, p), salt + separator, signer, key)


FORMS = (
    Form(
        "firebase_scrypt",
        ("$fbscrypt$",),
        re.compile(
            rf"\$fbscrypt\$v=1,n={_NUMBER},r={_NUMBER},p={_NUMBER}(?:,ss={_BASE64})?,sk={_BASE64}\${_BASE64}\${_BASE64}"
        ),
        _read_supabase,
    ),
    Form(
        "firebase_scrypt",
        ("$firescrypt$",),
        re.compile(rf"\$firescrypt\$ln={_NUMBER},r={_NUMBER},p={_NUMBER}\${_BASE64}\${_BASE64}\${_BASE64}\${_BASE64}"),
        _read_kratos,
    ),
)
