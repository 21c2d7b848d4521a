"""Encryption of stored secrets: with the first of the deployment's keys; any of them decrypts."""

from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from models.errors.accounts import NoKey

KEY_LENGTH = 44  # characters: 32 bytes in base64, padded


class Vault:
    """Encrypt texts with Fernet. `keys` is a comma-separated list, the newest first, or None to refuse all secrets.

    Raises `ValueError` for a key that is not 32 bytes in url-safe base64.
    """

    def __init__(self, keys: str | None) -> None:
        fernets = [_read_key(key.strip()) for key in (keys or "").split(",") if key.strip()]
        self._fernet = MultiFernet(fernets) if fernets else None

    @property
    def has_key(self) -> bool:
        """Whether it can encrypt."""
        return self._fernet is not None

    def seal(self, texts: Iterable[str]) -> list[str]:
        """Encrypt texts. Raises `NoKey`."""
        plain = [*texts]
        if plain and self._fernet is None:
            raise NoKey
        return [self._fernet.encrypt(text.encode()).decode() for text in plain] if self._fernet else []

    def unseal(self, sealed: Iterable[str]) -> list[str]:
        """Decrypt texts. Raises `NoKey` if no key decrypts one."""
        if self._fernet is None:
            raise NoKey
        try:
            return [self._fernet.decrypt(text).decode() for text in sealed]
        except InvalidToken as error:
            raise NoKey from error

    def reseal(self, sealed: Iterable[str]) -> list[str]:
        """Encrypt secrets again with the newest key. Raises `NoKey` if no key decrypts one."""
        if self._fernet is None:
            raise NoKey
        try:
            return [self._fernet.rotate(text).decode() for text in sealed]
        except InvalidToken as error:
            raise NoKey from error


def _read_key(key: str) -> Fernet:
    if len(key) != KEY_LENGTH:  # Fernet reads no further than the padding: "new;old" would be the new key alone
        raise ValueError("a key must be 32 url-safe base64-encoded bytes; several are separated by commas")
    return Fernet(key)
