"""What is derived from the secret: databases hold it, so it never changes."""

import jwt
import pytest

from models.secrets.keys import Keys, token_hash

OLD, NEW = "an old secret of 32 characters..", "a new secret of 32 characters..."
DIGEST = "c6371b2283a76947f6e7acae3398610159f8cfb7ea3b0feeaf021052f12ab216"
TOKEN = "jU0lf8Mcc1s6kTMRa7xXoSmAl4Rl_-gDz5dlxvw2umY"
REFERENCE = "64ac2a687d51efd2740141bce6acbc56"
SIGNING_SECRET = "whsec_9N+tL1VpdDNTmpaPydRUYtjqHI+3OBUmlesBFvWtPTE="
NUMBER = 5928183735944312676
CODE = "059bf9004b05a54e141f972e8a3f5fb4af491714b4ef1f8a65e8312da2aeeed5"
SEAL = "d461782de6de0b101bd79e9edb4e13451e18025c3d2694fcd0c8090fde864809"
JWT_KEY = "c92d5c8f951a6264169c866ca48503f593edced1f72d97b1f4e8d55041575ed3"


def test_what_is_derived_never_changes() -> None:
    keys = Keys(OLD)
    assert keys.digest(b"body") == DIGEST
    assert keys.token("id", "digest") == TOKEN
    assert keys.reference("id", "digest") == REFERENCE
    assert keys.signing_secret("id", "digest") == SIGNING_SECRET
    assert keys.signing_secret("i", "ddigest") != SIGNING_SECRET
    assert keys.number("lockout", "typed:ada") == NUMBER
    assert keys.hash_code("sms", "123456") == CODE
    assert keys.seal("digest") == SEAL
    assert token_hash("secret") == "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    signed = keys.sign_jwt("key", {"sub": "1"})
    assert jwt.get_unverified_header(signed) == {"alg": "HS256", "kid": "key", "typ": "JWT"}
    assert jwt.decode(signed, bytes.fromhex(JWT_KEY), ["HS256"]) == {"sub": "1"}


def test_numbers_have_63_bits_and_purposes_are_told_apart() -> None:
    keys = Keys(OLD)
    numbers = [keys.number("lockout", str(text)) for text in range(200)]
    assert 2**62 < max(numbers) < 2**63
    assert keys.number("lockout", "1") != keys.number("sms", "1")
    assert keys.hash_code("sms", "1") != keys.hash_code("tenant", "1")
    assert keys.token("a", "b") != keys.token("ab")


def test_the_newest_secret_derives_and_the_former_ones_are_known() -> None:
    keys = Keys(f"{NEW} , {OLD}")
    assert keys.digest(b"body") == Keys(NEW).digest(b"body")
    assert [former.digest(b"body") for former in keys.former] == [DIGEST]
    assert keys.digest_pairs(b"body", b"other") == [
        tuple(Keys(secret).digest(body) for body in (b"body", b"other")) for secret in (NEW, OLD)
    ]
    assert keys.has_sealed("digest", SEAL)
    assert keys.has_sealed("digest", keys.seal("digest"))
    assert not keys.has_sealed("digest", Keys("another secret of 32 characters.").seal("digest"))
    assert Keys(OLD).former == ()


@pytest.mark.parametrize("secret", [f"{NEW},short", f"{NEW},{OLD[:31]}", "a,b", f"{OLD},"])
def test_a_text_with_a_part_that_is_too_short_is_one_secret(secret: str) -> None:
    keys = Keys(secret)
    assert keys.former == ()
    assert keys.digest(b"body") not in (DIGEST, Keys(NEW).digest(b"body"))
