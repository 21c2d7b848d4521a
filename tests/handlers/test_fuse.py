"""The kill switch: what fails in a row rests, what others use well does not."""

from dataclasses import dataclass

from handlers.fuse import FAULTS, REST_SECONDS, WINDOW_SECONDS, Fuse


@dataclass
class Clock:
    moment: float = 100.0

    def __call__(self) -> float:
        return self.moment


def test_ten_faults_in_a_row_let_a_name_rest_for_a_while() -> None:
    clock = Clock()
    fuse = Fuse(clock)
    assert [fuse.failed("user.create") for _ in range(FAULTS)] == [False] * (FAULTS - 1) + [True]
    assert (fuse.rests("user.create"), fuse.rests("user.get")) == (True, False)
    clock.moment += REST_SECONDS
    assert not fuse.rests("user.create")


def test_after_the_rest_one_fault_is_enough_and_one_success_makes_good() -> None:
    clock = Clock()
    fuse = Fuse(clock)
    for _ in range(FAULTS):
        fuse.failed("user.create")
    clock.moment += REST_SECONDS
    assert fuse.failed("user.create")
    clock.moment += REST_SECONDS
    fuse.went_well("user.create")
    assert not fuse.failed("user.create")


def test_faults_among_successes_or_far_apart_do_not_count() -> None:
    clock = Clock()
    fuse = Fuse(clock)
    for _ in range(5 * FAULTS):
        assert not fuse.failed("user.create")
        fuse.went_well("user.create")
    for _ in range(5 * FAULTS):
        assert not fuse.failed("user.get")
        clock.moment += WINDOW_SECONDS / 2
