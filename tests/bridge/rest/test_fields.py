"""Fields: values by their names on the bus, the first error with its path."""

from typing import Any

import pytest

from bridge.rest.checks import list_of, object_of, text
from bridge.rest.fields import InputField, Violation, check_fields
from tests.support.field_errors import error_of


@pytest.mark.parametrize("given", [{}, {"a": None}])
def test_a_required_field_is_missing_when_absent_or_null(given: dict[str, Any]) -> None:
    missing = error_of(lambda value: check_fields((InputField("a", text()),), value), given)
    assert (missing.violation, missing.path) == (Violation.MISSING, "a")


def test_an_optional_field_may_be_absent_and_unknown_ones_are_ignored() -> None:
    assert check_fields((InputField("a", text(), required=False),), {"a": None, "b": 1}) == {}


def test_what_counts_as_absent_can_be_said() -> None:
    field = InputField("a", text(), required=False, absent_values=(None, ""))
    assert check_fields((field,), {"a": ""}) == {}
    assert error_of(lambda value: check_fields((field,), value), {"a": " "}).violation is Violation.BLANK


def test_the_first_error_in_the_order_of_the_fields_is_raised() -> None:
    fields = (InputField("a", text()), InputField("b", text()))
    assert error_of(lambda value: check_fields(fields, value), {"b": 1}).path == "a"


def test_an_alias_gives_the_same_field_and_must_not_differ() -> None:
    fields = (InputField("account_id", text(), bus_name="account", alias="account"),)
    assert (
        check_fields(fields, {"account": "x"})
        == check_fields(fields, {"account_id": "x", "account": " x"})
        == {"account": "x"}
    )
    different = error_of(lambda value: check_fields(fields, value), {"account_id": "x", "account": "y"})
    assert (different.violation, different.path) == (Violation.FORMAT, "account_id")


@pytest.mark.parametrize(
    ("given", "violation", "path"),
    [
        ({"list": {}}, Violation.NOT_LIST, "list"),
        ({"list": [1]}, Violation.NOT_OBJECT, "list[0]"),
        ({"list": [{"a": "x"}, {}]}, Violation.MISSING, "list[1].a"),
        ({"list": [{"a": "x"}] * 3}, Violation.LONG, "list"),
    ],
)
def test_an_error_in_a_list_says_where_it_is(given: dict[str, Any], violation: Violation, path: str) -> None:
    fields = (InputField("list", list_of(object_of(InputField("a", text())), 2)),)
    found = error_of(lambda value: check_fields(fields, value), given)
    assert (found.violation, found.path) == (violation, path)
