"""Texts from outside are shown without commanding a terminal."""

import json
import unicodedata

import pytest

from contracts.harmless import harmless_text, harmless_values


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("张三 é [red]x[/red] <b>", "张三 é [red]x[/red] <b>"),
        ("\x1b[2J\x9b2J", "\\u001b[2J\\u009b2J"),
        ("a\u202eb\u200b\ufeff\u2028", "a\\u202eb\\u200b\\ufeff\\u2028"),
        ("\ud800\U000e0041", "\\ud800\\udb40\\udc41"),
        ("a\nb\tc\rd\x7f", "a\\u000ab\tc\\u000dd\\u007f"),
    ],
)
def test_what_is_not_shown_is_escaped(text: str, shown: str) -> None:
    assert harmless_text(text, keep="\t") == shown


def test_no_character_of_unicode_passes_that_is_not_shown() -> None:
    shown = harmless_text("".join(map(chr, range(0x110000))))
    assert {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} == set()


def test_a_json_text_means_the_same_afterwards() -> None:
    value = {"id": "\x1b[2J\x9b\u202e\U000e0041 张三\n"}
    assert json.loads(harmless_text(json.dumps(value, ensure_ascii=False))) == value


def test_a_log_entry_has_no_line_that_looks_like_another_one() -> None:
    entry = harmless_values({"event": "a\nb", "exception": "E\n\x1b[1m2026 [info] forged", "count": 1})
    assert entry == {"event": "a\\u000ab", "exception": "E\n    \\u001b[1m2026 [info] forged", "count": 1}
