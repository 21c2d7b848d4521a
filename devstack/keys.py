"""Secrets of a development stack: generated once and kept in files that only their owner can read."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def write_secret(file: Path, text: str) -> None:
    """Write a secret to a file of mode 600, replacing an older one atomically."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    os.replace(draft, file)


def ensure_secret(file: Path, make: Callable[[], str]) -> str:
    """Return the secret in the file; where there is none, store a new one from `make`."""
    if not file.exists() or not file.read_text().strip():
        write_secret(file, make())
    return file.read_text().strip()


def random_key() -> str:
    """32 random bytes as 44 characters of URL-safe base64, the form of a Fernet key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def random_password() -> str:
    """A password of letters and digits, which needs no escaping in a URL."""
    return secrets.token_hex(24)
