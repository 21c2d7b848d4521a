"""One round of a digest over password and salt: OpenLDAP, Kratos, Zitadel, Casdoor, Logto, old Django and Werkzeug."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence

from models.secrets.hashes.stored import Form, StoredHash, decode

SECONDS = 50e-6
SIZES = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256"}
_PLACES = re.compile(rb"\{SALT\}|\{PASSWORD\}")
_BASE64 = "([+/0-9A-Za-z]+=*)"
_ANY = "([+/0-9A-Za-z]*=*)"


def digest_hash(scheme: str, name: str, key: bytes, recipes: Sequence[Callable[[bytes], bytes]]) -> StoredHash:
    """A hash that is the digest of what any of the recipes makes of the password. Raises `ValueError`."""
    if len(key) != SIZES.get(name):
        raise ValueError("the digest is not whole")

    def matches(password: bytes) -> bool:
        made = (hashlib.new(name, recipe(password), usedforsecurity=False).digest() for recipe in recipes)
        return any(hmac.compare_digest(each, key) for each in made)

    return StoredHash(scheme, SECONDS, matches, per_byte=1e-8)


def _read_bare(found: re.Match[str]) -> StoredHash:
    return digest_hash("hex_digest", _BY_LENGTH[len(found[0])], bytes.fromhex(found[0]), [bytes])


def _read_openldap(found: re.Match[str]) -> StoredHash:
    word, raw = found[1].lower(), decode(found[2])
    salted = word.startswith(("ssha", "smd5"))
    name = word[salted:].replace("sha", "sha1") if word.endswith("sha") else word[salted:]
    key, salt = raw[: SIZES[name]], raw[SIZES[name] :]
    if bool(salt) != salted:
        raise ValueError("its length does not fit its name")
    return digest_hash("openldap_digest", name, key, [lambda password: password + salt])


def _read_kratos_plain(found: re.Match[str]) -> StoredHash:
    return digest_hash("kratos_digest", "md5", decode(found[1]), [bytes])


def _read_kratos(found: re.Match[str]) -> StoredHash:
    pattern, salt = decode(found[2]), decode(found[3])
    if b"{PASSWORD}" not in pattern:
        raise ValueError("its pattern leaves the password out")

    def recipe(password: bytes) -> bytes:
        return _PLACES.sub(lambda place: salt if place[0] == b"{SALT}" else password, pattern)

    return digest_hash("kratos_digest", found[1], decode(found[4]), [recipe])


def _read_kratos_hmac(found: re.Match[str]) -> StoredHash:
    name, key, secret = found[1], bytes.fromhex(decode(found[2]).decode()), decode(found[3])
    if len(key) != SIZES[name]:
        raise ValueError("the digest is not whole")
    return StoredHash(
        "kratos_hmac", SECONDS, lambda password: hmac.compare_digest(hmac.digest(secret, password, name), key)
    )


def _read_zitadel(found: re.Match[str]) -> StoredHash:
    salt = found[2].encode()
    recipes = {"prefix": lambda password: salt + password, "suffix": lambda password: password + salt}
    return digest_hash("md5salted", "md5", decode(found[3]), [recipes[found[1]]])


def _read_salted(found: re.Match[str]) -> StoredHash:
    name, salt, key = found[1], found[2].encode(), bytes.fromhex(found[3])
    if len(key) != SIZES[name]:
        raise ValueError("the digest is not whole")

    def matches(password: bytes) -> bool:
        # the same form by two writers: Django joins salt and password, Werkzeug takes the salt as the key of an HMAC
        joined = hashlib.new(name, salt + password, usedforsecurity=False).digest()
        keyed = hmac.digest(salt, password, name)
        return hmac.compare_digest(joined, key) or (bool(salt) and hmac.compare_digest(keyed, key))

    return StoredHash("salted_digest", 2 * SECONDS, matches, per_byte=2e-8)


FORMS = (
    Form("hex_digest", (), re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE), _read_bare),
    Form(
        "openldap_digest",
        ("{SSHA", "{SHA", "{SMD5}", "{MD5}"),
        re.compile(rf"\{{(S?SHA(?:256|384|512)?|S?MD5)\}}{_BASE64}", re.IGNORECASE),
        _read_openldap,
    ),
    Form("kratos_digest", (), re.compile(rf"\$md5\${_BASE64}"), _read_kratos_plain),
    Form(
        "kratos_digest",
        ("$md5$", "$sha1$pf=", "$sha256$", "$sha512$"),
        re.compile(rf"\$(md5|sha1|sha256|sha512)\$pf={_BASE64}\${_ANY}\${_BASE64}"),
        _read_kratos,
    ),
    Form(
        "kratos_hmac",
        ("$hmac-md5$", "$hmac-sha"),
        re.compile(rf"\$hmac-(md5|sha1|sha224|sha256|sha384|sha512)\${_BASE64}\${_ANY}"),
        _read_kratos_hmac,
    ),
    Form(
        "salted_digest",
        ("md5$", "sha1$", "sha224$", "sha256$", "sha384$", "sha512$"),
        re.compile(r"(md5|sha1|sha224|sha256|sha384|sha512)\$([^$]*)\$([0-9a-f]+)"),
        _read_salted,
    ),
    Form("md5salted", ("$md5salted-",), re.compile(rf"\$md5salted-(prefix|suffix)\$([^$]*)\${_BASE64}"), _read_zitadel),
)
