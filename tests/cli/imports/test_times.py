"""Times as other systems write them."""

from typing import Any

import pytest

from cli.imports.times import parse_time

NEW_YEAR = "2024-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "given",
    [
        "2024-01-01T00:00:00Z", "2024-01-01 00:00:00", "2024-01-01 00:00:00+00", "2024-01-01",
        "2024-01-01T00:00:00.000000000Z", 1704067200, "1704067200", 1704067200000, "1704067200000",
        1704067200.0, 1704067200000.0,
    ],
)  # fmt: skip
def test_a_time_of_any_form_is_read(given: Any) -> None:
    assert parse_time(given) == NEW_YEAR


def test_parts_of_a_second_are_kept() -> None:
    assert parse_time(1704067200.125) == "2024-01-01T00:00:00.125000+00:00"


def test_a_zone_is_kept() -> None:
    assert parse_time("2024-01-01 08:00:00+08:00") == "2024-01-01T08:00:00+08:00"


@pytest.mark.parametrize(
    "given", ["", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "infinity", 10**30, -1, 1.5, "3000-01-01", [], True]
)
def test_what_is_no_past_time_is_none(given: Any) -> None:
    assert parse_time(given) is None
