"""A stored hash as it was read: what checking it costs and how its writer would check it."""

import base64
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_STANDARD = str.maketrans(".-_", "++/")
SHORTEST_KEY = 16  # bytes; a shorter key would let in passwords by chance


def same(text: str) -> str:
    """The text as it was typed."""
    return text


def nfc(text: str) -> str:
    """The text as our own hashes are made of it."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class StoredHash:
    """One hash of a known scheme.

    `seconds` is what one check takes on a machine of 2 cores without other load, `per_byte` what each byte of the
    password adds, `memory` in KiB. `variants` are what the writer may have made of a password before hashing it.
    """

    scheme: str
    seconds: float
    matches: Callable[[bytes], bool]
    memory: int = 0
    per_byte: float = 0.0
    variants: tuple[Callable[[str], str], ...] = (same,)

    def cost(self, length: int) -> float:
        """Seconds that one check of a password of so many bytes takes."""
        return self.seconds + self.per_byte * length

    def texts(self, password: str) -> Iterator[str]:
        """The texts that the writer may have hashed: as typed and in NFC, each as the writer prepared it."""
        yield from dict.fromkeys(variant(text) for variant in self.variants for text in (password, nfc(password)))


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing hashes down: how each begins, and the pattern of a whole one.

    `read` raises `ValueError` where the parts of a match do not fit each other.
    """

    scheme: str
    starts: tuple[str, ...]
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], StoredHash]


def decode(text: str) -> bytes:
    """Bytes from base64 of any alphabet, with or without padding. Raises `ValueError`."""
    bare = text.rstrip("=").translate(_STANDARD)
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)


def require_key(key: bytes, length: int | None = None) -> bytes:
    """The key, if it is whole: of this length, or else of a multiple of 4 bytes. Raises `ValueError`."""
    if len(key) < SHORTEST_KEY or (len(key) != length if length else len(key) % 4):
        raise ValueError("the key is cut off")
    return key
