"""Telephone numbers of files, with and without a default country."""

import pytest

from cli.imports.telephones import telephone


@pytest.mark.parametrize(
    ("text", "country", "default", "expected"),
    [
        ("13800001114", None, "CN", "13800001114"), ("+86 138 0000 1114", None, "CN", "13800001114"),
        ("0086-138-0000-1114", None, "CN", "13800001114"), ("86 138 0000 1114", None, "CN", "13800001114"),
        ("+447400123456", None, "CN", "+447400123456"),
        ("07400 123456", "GB", "CN", "+447400123456"), ("07400 123456", "GB", None, "+447400123456"),
        ("+86 138 0000 1114", None, None, "+8613800001114"), ("13800001114", None, None, "13800001114"),
        ("+1 (555) 555-0123", None, None, "+15555550123"), ("555-555-0123", "US", None, "+15555550123"),
        ("+44 7400 123456", None, "GB", "07400123456"), ("+82 10-1234-5678", None, "KR", "01012345678"),
        ("020 7946 0000 ext. 12", None, "GB", "02079460000"), ("(201) 555-0123", None, "US", "2015550123"),
        ("ask reception", None, "CN", "ask reception"), ("", None, "CN", ""), (None, None, "CN", None),
    ],
)  # fmt: skip
def test_a_number_is_stored_as_it_is_dialled_at_home_or_in_e164(
    text: str | None, country: str | None, default: str | None, expected: str | None
) -> None:
    assert telephone(text, country, default) == expected
