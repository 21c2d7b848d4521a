"""Digests, tokens and hashes that are derived from the deployment's secret key."""

import hashlib
import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt

SHORTEST = 32  # characters of a secret


class Keys:
    """Keyed derivations, each for one purpose; every worker has the same secret.

    `secret` may be several secrets with commas, the newest first, each of 32 characters or more; a text that has a
    shorter part is one secret. The newest derives; `former` are those of the others, to recognize what they derived.
    """

    def __init__(self, secret: str) -> None:
        newest, *others = _split(secret)
        self._secret = newest.encode()
        self.former = tuple(Keys(other) for other in others)

    def _mac(self, purpose: str, payload: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"\0" + payload, "sha256")

    def digest(self, payload: bytes) -> str:
        """A keyed digest of a request body: it tells bodies apart without revealing anything about them."""
        return self._mac("digest", payload).hex()

    def digest_pairs(self, *payloads: bytes) -> list[tuple[str, ...]]:
        """The digests of the payloads by each key, the newest first."""
        return [tuple(map(keys.digest, payloads)) for keys in (self, *self.former)]

    def token(self, *command: str) -> str:
        """A token of 256 bits, which a redelivered command derives again, so that none is stored."""
        return urlsafe_b64encode(self._mac("token", "\0".join(command).encode())).rstrip(b"=").decode()

    def signing_secret(self, *command: str) -> str:
        """A secret of 256 bits in the form of Standard Webhooks."""
        return "whsec_" + b64encode(self._mac("signing_secret", "\0".join(command).encode())).decode()

    def reference(self, *command: str) -> str:
        """A token of 128 bits as 32 hexadecimal digits, for sessions."""
        return self._mac("reference", "\0".join(command).encode()).hex()[:32]

    def sign_jwt(self, key: str, claims: Mapping[str, Any]) -> str:
        """Return a JWT (HS256) whose signing key is derived from `key`, the key id in its header."""
        return jwt.encode(dict(claims), self._mac("jwt", key.encode()), "HS256", {"kid": key})

    def number(self, purpose: str, text: str) -> int:
        """A keyed digest as an integer of 63 bits, for ids that must not reveal what they stand for."""
        return int.from_bytes(self._mac(f"number:{purpose}", text.encode())[:8]) >> 1

    def seal(self, digest: str) -> str:
        """Return the keyed digest that says of a link of the audit chain that a worker has made it."""
        return self._mac("seal", digest.encode()).hex()

    def has_sealed(self, digest: str, seal: object) -> bool:
        """Whether this is the seal of a digest by the newest key or a former one."""
        return any(keys.seal(digest) == seal for keys in (self, *self.former))

    def hash_code(self, purpose: str, text: str) -> str:
        """Return the keyed hash of a short secret, for example of an SMS code."""
        return self._mac(f"code:{purpose}", text.encode()).hex()


def _split(secret: str) -> list[str]:
    parts = [part.strip() for part in secret.split(",")]
    return parts if all(len(part) >= SHORTEST for part in parts) else [secret]


def token_hash(token: str) -> str:
    """The stored form of a token: its SHA-256, as random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
