"""How far a clock is off, whatever time the answer took."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.doctor.finding import clock_ahead, judge_clock

BEGAN = datetime(2026, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "took", "precision", "ahead"),
    [
        (0, 5, 0, 0),  # said at the beginning of a slow answer
        (5, 5, 0, 0),
        (7, 5, 0, 2),
        (-3, 5, 0, -3),
        (-1.9, 0.1, 2, 0),  # whole seconds, renewed once a second
        (-4, 0.1, 2, -2),
    ],
)
def test_a_clock_is_off_by_what_the_answer_does_not_explain(
    at: float, took: float, precision: float, ahead: float
) -> None:
    said, ended = BEGAN + timedelta(seconds=at), BEGAN + timedelta(seconds=took)
    assert clock_ahead(said, BEGAN, ended, precision) == pytest.approx(ahead)


def test_a_clock_that_is_far_off_is_broken() -> None:
    states = {seconds: judge_clock("broker", "clock", seconds).state for seconds in (0.5, -2.0, 11.0)}
    assert states == {0.5: "ok", -2.0: "warning", 11.0: "broken"}
