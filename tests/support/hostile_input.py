"""Bad input for every row of every dialect."""

from typing import Any

NOT_TEXTS: list[Any] = [1, 0, -1, 1.5, True, False, [], ["a"], {}, {"$gt": ""}]
WHITE = ["", " ", "\t", "\u3000"]
NOT_JSON = [
    b" ",
    b"{",
    b"{} {}",
    b'{"a":NaN}',
    b'{"a":1e999}',
    b'{"a":9223372036854775808}',
    b'{"a":"\\ud800"}',
    b'{"a":"\xff"}',
    b'{"a":"\0"}',
    b"[" * 1000,
    b"<xml/>",
    b"a=1&b=2",
]
NOT_OBJECTS = [b"[]", b"[{}]", b"null", b"1", b'"text"', b"true"]


def long_text() -> str:
    """10,000 characters."""
    return "a" * 10_000
