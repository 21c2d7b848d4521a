"""The circuit breaker: consecutive failures open it, successes among them do not let it."""

from dataclasses import dataclass

from worker.delivery.circuit_breaker import FAILURES, OPEN_SECONDS, WINDOW_SECONDS, CircuitBreaker


@dataclass
class Clock:
    moment: float = 100.0

    def __call__(self) -> float:
        return self.moment


def test_ten_failures_in_a_row_open_the_circuit_of_one_name_for_a_while() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    opened = [breaker.record_failure("user.create") for _ in range(FAILURES)]
    assert opened == [False] * (FAILURES - 1) + [True]
    assert (breaker.is_open("user.create"), breaker.is_open("user.get")) == (True, False)
    clock.moment += OPEN_SECONDS
    assert not breaker.is_open("user.create")


def test_once_it_was_open_one_failure_opens_it_again_until_a_success() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for _ in range(FAILURES):
        breaker.record_failure("user.create")
    clock.moment += OPEN_SECONDS
    assert breaker.record_failure("user.create")
    clock.moment += OPEN_SECONDS
    breaker.record_success("user.create")
    assert not breaker.record_failure("user.create")


def test_failures_among_successes_or_far_apart_do_not_count() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for _ in range(5 * FAILURES):
        assert not breaker.record_failure("user.create")
        breaker.record_success("user.create")
    for _ in range(5 * FAILURES):
        assert not breaker.record_failure("user.get")
        clock.moment += WINDOW_SECONDS / 2
