"""Texts from outside as they may be shown: none commands a terminal, hides or reorders what stands beside it."""

import unicodedata
from collections.abc import Mapping
from typing import Any

MULTILINE = frozenset({"exception", "stack", "trace"})  # values of log entries
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harmless_text(text: str, keep: str = "") -> str:
    r"""The text with control, format, surrogate, private and unassigned characters escaped (`\u001b`), except `keep`.

    The escapes are those of JSON: a JSON text means the same afterwards.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char in keep or unicodedata.category(char) not in _UNSAFE else _escape(char) for char in text
    )


def harmless_values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a log entry with harmless texts; further lines are indented, so that none looks like an entry."""
    return {name: _harmless_value(name, value) for name, value in entry.items()}


def _harmless_value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return harmless_text(value, keep="\n").replace("\n", "\n    ") if name in MULTILINE else harmless_text(value)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
