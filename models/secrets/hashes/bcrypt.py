"""bcrypt, which reads the first 72 bytes of a password, and what Django and WordPress put before it."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable

from passlib.hash import bcrypt

from models.secrets.hashes.stored import Form, StoredHash, same

LONGEST = 72
SECONDS_AT_COST_0 = 72e-6
_WHOLE = r"(\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./0-9A-Za-z]{53})"
_PHP_BLANKS = " \n\r\t\v\0"


def php_trim(text: str) -> str:
    """The text as PHP's trim leaves it."""
    return text.strip(_PHP_BLANKS)


def _sha256(password: bytes) -> bytes:
    return hashlib.sha256(password).hexdigest().encode()


def _wordpress(password: bytes) -> bytes:
    return base64.b64encode(hmac.digest(b"wp-sha384", password, "sha384"))


def _reader(
    scheme: str, before: Callable[[bytes], bytes], variant: Callable[[str], str] = same
) -> Callable[[re.Match[str]], StoredHash]:
    def read(found: re.Match[str]) -> StoredHash:
        return StoredHash(
            scheme=scheme,
            seconds=2 ** int(found[2]) * SECONDS_AT_COST_0,
            matches=lambda password: bcrypt.verify(before(password)[:LONGEST], found[1]),
            variants=(variant,),
        )

    return read


FORMS = (
    Form("bcrypt", ("$2",), re.compile(_WHOLE), _reader("bcrypt", bytes)),
    Form(
        "bcrypt_sha256", ("bcrypt_sha256$",), re.compile(rf"bcrypt_sha256\${_WHOLE}"), _reader("bcrypt_sha256", _sha256)
    ),
    Form("wordpress", ("$wp",), re.compile(rf"\$wp{_WHOLE}"), _reader("wordpress", _wordpress, php_trim)),
)
