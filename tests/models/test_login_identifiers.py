"""Keys of login identifiers."""

import unicodedata

import pytest

from models.login_identifiers import LoginKeys, visible_text

KEYS = LoginKeys("86")


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("13800001114", "+8613800001114"),
        (" 86 138-0000-1114 ", "+8613800001114"),
        ("(0086) 138 0000 1114", "+8613800001114"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("14155552671", "14155552671"),
        ("20230001", "20230001"),
        ("0012345678", "0012345678"),
        ("110101199003071234", "110101199003071234"),
        ("x13800001114", "x13800001114"),
        ("13800001114 ext 5", "13800001114 ext 5"),
        ("Ada@Example.COM", "ada@example.com"),
        ("a\u200bd\u00ada\ufe0f", "ada"),
        ("\u200b", "\u200b"),
    ],
)
def test_the_key_of_an_identifier(typed: str, key: str) -> None:
    assert KEYS.key(typed) == key
    assert KEYS.key(key) == key


def test_a_text_in_ascii_is_compared_as_any_other() -> None:
    invisible = "\u200b"  # is dropped, but brings the text out of ASCII
    texts = [other.format(chr(point)) for point in range(128) for other in ("{}", "{}a", "Ada {}Byron", "Ada{}")]
    assert [visible_text(text) for text in texts] == [visible_text(text + invisible) for text in texts]


def test_a_key_is_its_own_key_whatever_the_character() -> None:
    others = ("{}", "a{}", "{}\u0301", "\u0345{}")
    assigned = (
        chr(point) for point in range(0x20, 0x110000) if unicodedata.category(chr(point)) not in ("Cs", "Cn", "Co")
    )
    changed = [letter for letter in assigned if visible_text(letter) != letter]
    keys = (visible_text(other.format(letter)) for letter in changed for other in others)
    assert [key for key in keys if visible_text(key) != key] == []
