"""What is derived from the deployment's secret key: digests, token texts, stored hashes of tokens."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt


class Keys:
    """Keyed derivations, each with a purpose of its own; the same key is set for every worker."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def _mac(self, purpose: str, payload: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"\0" + payload, hashlib.sha256)

    def digest(self, payload: bytes) -> str:
        """A keyed digest of a request body: tells bodies apart without telling anything about them."""
        return self._mac("digest", payload).hex()

    def token(self, *command: str) -> str:
        """A 256-bit token text that the same command, redelivered, derives again, so that none is ever stored."""
        return urlsafe_b64encode(self._mac("token", "\0".join(command).encode())).rstrip(b"=").decode()

    def reference(self, *command: str) -> str:
        """The same of 128 bits, as 32 hexadecimal digits: what sessions are known by."""
        return self._mac("reference", "\0".join(command).encode()).hex()[:32]

    def signed(self, key: str, claims: Mapping[str, Any]) -> str:
        """A JWT (HS256); the signing key is derived from `key`, which names it in the header."""
        return jwt.encode(dict(claims), self._mac("jwt", key.encode()), "HS256", {"kid": key})

    def number(self, purpose: str, text: str) -> int:
        """A keyed digest as an integer of 63 bits, for rows that must not show what they are about."""
        return int.from_bytes(self._mac(f"number:{purpose}", text.encode())[:8]) >> 1

    def code(self, purpose: str, text: str) -> str:
        """A keyed hash of a short secret (an SMS code)."""
        return self._mac(f"code:{purpose}", text.encode()).hex()


def token_hash(token: str) -> str:
    """How a token is stored: SHA-256 of its text (256 random bits need no slow hash)."""
    return hashlib.sha256(token.encode()).hexdigest()
