"""Checks and text rules: strict types, trimmed texts, limits."""

from typing import Any

import pytest

from bridge.rest.checks import integer, list_of, max_length, min_length, object_of, predicate, require_printable, text
from bridge.rest.fields import InputField, Violation
from tests.support.field_errors import error_of

NOT_TEXTS = [1, 1.5, True, [], {}, {"$gt": ""}, ["a"]]
NOT_INTEGERS = [True, False, 1.0, "1", "1 or 1=1", [], {}, {"$gt": ""}, 2**63, -(2**63) - 1]


@pytest.mark.parametrize("value", NOT_TEXTS)
def test_only_a_text_is_a_text(value: Any) -> None:
    assert error_of(text(), value).violation is Violation.NOT_TEXT


@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u3000"])
def test_white_space_alone_is_blank(value: str) -> None:
    assert error_of(text(require_printable), value).violation is Violation.BLANK


def test_texts_are_trimmed_and_passwords_are_not() -> None:
    assert text(max_length(3))("  abc\n") == "abc"
    assert text(max_length(5), trim=False)(" abc ") == " abc "


@pytest.mark.parametrize("value", ["a\0b", "a\x1fb", "a\x7fb", "a\nb"])
def test_control_characters_are_refused(value: str) -> None:
    assert error_of(text(require_printable), value).violation is Violation.CONTROL


def test_lengths_count_code_points() -> None:
    assert text(max_length(2))("😀😀") == "😀😀"
    long, short = error_of(text(max_length(2)), "😀😀😀"), error_of(text(min_length(6)), "12345")
    assert (long.violation, long.limit, short.violation, short.limit) == (Violation.LONG, 2, Violation.SHORT, 6)


def test_rules_apply_in_their_order() -> None:
    assert error_of(text(predicate(str.isdecimal), max_length(1)), "ab").violation is Violation.FORMAT
    assert error_of(text(max_length(1), predicate(str.isdecimal)), "ab").violation is Violation.LONG


@pytest.mark.parametrize("value", NOT_INTEGERS)
def test_only_an_integer_is_an_integer(value: Any) -> None:
    assert error_of(integer(1, 9), value).violation is Violation.NOT_INTEGER


@pytest.mark.parametrize("value", ["", "1 or 1=1", "1.0", "0x1", "1e3", "+1", "--1", "٣", "9" * 5000, str(2**31)])
def test_only_decimal_digits_are_an_integer(value: str) -> None:
    assert error_of(integer(1, 9, bits=32, decimal=True), value).violation is Violation.NOT_INTEGER


@pytest.mark.parametrize(("value", "number"), [("7", 7), (" 7 ", 7), ("-7", -7), (7, 7), ("007", 7)])
def test_decimal_texts_are_integers_where_the_dialect_says_so(value: Any, number: int) -> None:
    assert integer(-9, 9, decimal=True)(value) == number


def test_the_limit_that_an_integer_missed_is_known() -> None:
    low, high = error_of(integer(1, 20), 0), error_of(integer(1, 20), 21)
    assert (low.violation, low.limit, high.violation, high.limit) == (Violation.LOW, 1, Violation.HIGH, 20)


def test_an_error_in_a_bare_list_begins_with_the_index() -> None:
    assert error_of(list_of(object_of(InputField("action", text())), 9), [{}]).path == "[0].action"
