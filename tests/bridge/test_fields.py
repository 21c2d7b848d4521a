"""Field checks: strict types, trimmed texts, the first fault with its place."""

from typing import Any

import pytest

from bridge.fields import (
    Check,
    Fault,
    Field,
    Kind,
    checked,
    each,
    fits,
    integer,
    longest,
    printable,
    record,
    shortest,
    text,
)

NOT_TEXTS = [1, 1.5, True, [], {}, {"$gt": ""}, ["a"]]
NOT_INTEGERS = [True, False, 1.0, "1", "1 or 1=1", [], {}, {"$gt": ""}, 2**63, -(2**63) - 1]


def fault(check: Check, value: Any) -> Fault:
    with pytest.raises(Fault) as raised:
        check(value)
    return raised.value


@pytest.mark.parametrize("value", NOT_TEXTS)
def test_only_a_text_is_a_text(value: Any) -> None:
    assert fault(text(), value).kind is Kind.NOT_TEXT


@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u3000"])
def test_white_space_alone_is_blank(value: str) -> None:
    assert fault(text(printable), value).kind is Kind.BLANK


def test_texts_are_trimmed_and_passwords_are_not() -> None:
    assert text(longest(3))("  abc\n") == "abc"
    assert text(longest(5), trim=False)(" abc ") == " abc "


@pytest.mark.parametrize("value", ["a\0b", "a\x1fb", "a\x7fb", "a\nb"])
def test_control_characters_are_refused(value: str) -> None:
    assert fault(text(printable), value).kind is Kind.CONTROL


def test_lengths_count_code_points() -> None:
    assert text(longest(2))("😀😀") == "😀😀"
    long, short = fault(text(longest(2)), "😀😀😀"), fault(text(shortest(6)), "12345")
    assert (long.kind, long.limit, short.kind, short.limit) == (Kind.LONG, 2, Kind.SHORT, 6)


def test_rules_apply_in_their_order() -> None:
    assert fault(text(fits(str.isdecimal), longest(1)), "ab").kind is Kind.FORMAT
    assert fault(text(longest(1), fits(str.isdecimal)), "ab").kind is Kind.LONG


@pytest.mark.parametrize("value", NOT_INTEGERS)
def test_only_an_integer_is_an_integer(value: Any) -> None:
    assert fault(integer(1, 9), value).kind is Kind.NOT_INTEGER


@pytest.mark.parametrize("value", ["", "1 or 1=1", "1.0", "0x1", "1e3", "+1", "--1", "٣", "9" * 5000, str(2**31)])
def test_only_decimal_digits_are_an_integer(value: str) -> None:
    assert fault(integer(1, 9, bits=32, decimal=True), value).kind is Kind.NOT_INTEGER


@pytest.mark.parametrize(("value", "number"), [("7", 7), (" 7 ", 7), ("-7", -7), (7, 7), ("007", 7)])
def test_decimal_texts_are_integers_where_the_dialect_says_so(value: Any, number: int) -> None:
    assert integer(-9, 9, decimal=True)(value) == number


def test_the_limit_that_an_integer_missed_is_told() -> None:
    low, high = fault(integer(1, 20), 0), fault(integer(1, 20), 21)
    assert (low.kind, low.limit, high.kind, high.limit) == (Kind.LOW, 1, Kind.HIGH, 20)


@pytest.mark.parametrize("given", [{}, {"a": None}])
def test_a_required_field_is_missing_when_absent_or_null(given: dict[str, Any]) -> None:
    missing = fault(lambda value: checked((Field("a", text()),), value), given)
    assert (missing.kind, missing.at) == (Kind.MISSING, "a")


def test_an_optional_field_may_be_absent_and_unknown_ones_are_ignored() -> None:
    assert checked((Field("a", text(), required=False),), {"a": None, "b": 1}) == {}


def test_what_counts_as_absent_can_be_said() -> None:
    field = Field("a", text(), required=False, absent=(None, ""))
    assert checked((field,), {"a": ""}) == {}
    assert fault(lambda value: checked((field,), value), {"a": " "}).kind is Kind.BLANK


def test_the_first_fault_in_the_order_of_the_fields_is_told() -> None:
    fields = (Field("a", text()), Field("b", text()))
    assert fault(lambda value: checked(fields, value), {"b": 1}).at == "a"


def test_an_alias_gives_the_same_field_and_must_not_differ() -> None:
    fields = (Field("account_id", text(), to="account", alias="account"),)
    assert (
        checked(fields, {"account": "x"}) == checked(fields, {"account_id": "x", "account": " x"}) == {"account": "x"}
    )
    different = fault(lambda value: checked(fields, value), {"account_id": "x", "account": "y"})
    assert (different.kind, different.at) == (Kind.FORMAT, "account_id")


@pytest.mark.parametrize(
    ("given", "kind", "at"),
    [
        ({"list": {}}, Kind.NOT_LIST, "list"),
        ({"list": [1]}, Kind.NOT_OBJECT, "list[0]"),
        ({"list": [{"a": "x"}, {}]}, Kind.MISSING, "list[1].a"),
        ({"list": [{"a": "x"}] * 3}, Kind.LONG, "list"),
    ],
)
def test_a_fault_in_a_list_says_where_it_is(given: dict[str, Any], kind: Kind, at: str) -> None:
    fields = (Field("list", each(record(Field("a", text())), 2)),)
    found = fault(lambda value: checked(fields, value), given)
    assert (found.kind, found.at) == (kind, at)


def test_a_list_itself_says_the_place_of_its_item() -> None:
    assert fault(each(record(Field("action", text())), 9), [{}]).at == "[0].action"
