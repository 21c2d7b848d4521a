"""Signatures of posted messages by the rules of Standard Webhooks (standardwebhooks.com)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def signing_key(secret: str) -> bytes:
    """The signing key: the base64 text after `whsec_`, or the whole text. Raises `ValueError` for invalid base64."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def signature(secret: str, message: str, at: int, body: str) -> str:
    """The signature of a message with this id, sent at this Unix time."""
    mac = hmac.digest(signing_key(secret), f"{message}.{at}.{body}".encode(), hashlib.sha256)
    return "v1," + base64.b64encode(mac).decode()


def signed_headers(secrets: Iterable[str], message: str, at: int, body: str) -> dict[str, str]:
    """The headers by which a receiver checks a message; any of the secrets is one that it may have."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signature(secret, message, at, body) for secret in secrets),
    }
