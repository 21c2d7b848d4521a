"""Keys of login identifiers."""

import unicodedata

import pytest

from models.login_identifiers import CLASHING, LoginKeys, login_identifiers, visible_text

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


ADA = {"username": "\uff21da", "email": "Ada@Example.com", "telephone": "138 0000 1114"}
ADA_KEYS = {"username": "ada", "email": "ada@example.com", "telephone": "+8613800001114"}


def test_the_identifiers_of_a_user_are_those_that_are_there() -> None:
    fields = {**ADA, "email": "", "telephone": None, "name": "Ada", "login": "x"}
    assert login_identifiers(fields) == {"username": "\uff21da"}
    assert login_identifiers(ADA) == ADA
    assert login_identifiers({}) == {}


def test_spellings_are_the_same_and_other_texts_are_not() -> None:
    assert KEYS.are_same("138 0000 1114", "+8613800001114")
    assert KEYS.are_same("\uff21da", "ADA")
    assert not KEYS.are_same("ada", "adb")
    assert not LoginKeys("1").are_same("13800001114", "+8613800001114")


def test_a_user_is_stored_by_the_older_form_and_by_the_key() -> None:
    assert KEYS.form == "2/86"
    assert KEYS.keys(ADA) == ADA_KEYS
    assert KEYS.forms("\uff21da") == ("\uff41da", "ada")
    assert KEYS.forms("ada") == ("ada",)
    assert KEYS.by_form(["\uff21da", "bob"]) == {"\uff41da": "ada", "ada": "ada", "bob": "bob"}
    assert KEYS.stored_forms(ADA, is_clashing=False) == {
        "username": ("\uff41da", "ada"),
        "email": ("ada@example.com",),
        "telephone": ("138 0000 1114", "+8613800001114"),
    }
    assert KEYS.stored_forms(ADA, is_clashing=True) == {
        "username": ("\uff41da",),
        "email": ("ada@example.com",),
        "telephone": ("138 0000 1114",),
    }


def test_only_a_live_user_takes_its_identifiers() -> None:
    logins = sorted(["\uff41da", "ada", "ada@example.com", "138 0000 1114", "+8613800001114"])
    assert KEYS.row_fields(ADA, is_live=True, is_clashing=False) == {"login_form": "2/86", "logins": logins}
    older = sorted(["\uff41da", "ada@example.com", "138 0000 1114"])
    assert KEYS.row_fields(ADA, is_live=True, is_clashing=True) == {"login_form": CLASHING, "logins": older}
    for is_clashing in (True, False):
        left = KEYS.row_fields(ADA, is_live=False, is_clashing=is_clashing)
        assert left == {"login_form": "2/86", "former_logins": ADA_KEYS}


def test_who_had_an_identifier_is_looked_for_by_its_key_in_one_field_or_in_all() -> None:
    assert KEYS.former_filter("email", "Ada@Example.com") == {"$or": [{"former_logins.email": "ada@example.com"}]}
    fields = ("username", "email", "telephone")
    number = [{f"former_logins.{field}": "+8613800001114"} for field in fields]
    assert KEYS.former_filter("login", "138 0000 1114") == {"$or": number}
