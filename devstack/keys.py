"""Secrets of a development stack: made once, kept in files that only their owner can read."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def keep(file: Path, text: str) -> None:
    """Write a secret to a file of mode 600, replacing what was there in one step."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    os.replace(draft, file)


def secret(file: Path, make: Callable[[], str]) -> str:
    """The secret in the file; where there is none, a new one from `make`, kept there."""
    if not file.exists() or not file.read_text().strip():
        keep(file, make())
    return file.read_text().strip()


def random_key() -> str:
    """32 random bytes as URL-safe base64 with padding: 44 characters, which Fernet takes as its key too."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def random_password() -> str:
    """A password of letters and digits, so that it stands in a URL as it is."""
    return secrets.token_hex(24)
