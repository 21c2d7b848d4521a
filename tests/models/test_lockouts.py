"""Counting failed sign-ins: windows, locks and delays."""

from datetime import timedelta

import pytest

from models.errors.auth import AuthLocked, BadCredentials
from models.lockouts import LOCKING, SLOWING, Lockout
from models.store.document import now


def counter(locking: bool, *ages: timedelta) -> Lockout:
    at = [now() - age for age in ages]
    return Lockout(id=1, realm="usermgmt", user_id=None, locking=locking, failures=at, expires_at=now())


def test_the_fifth_recent_failure_locks() -> None:
    lockout = counter(True, *[timedelta(minutes=1)] * 3)
    assert not lockout.record_failure()
    lockout.refuse_locked()
    assert lockout.record_failure()
    with pytest.raises(AuthLocked) as refusal:
        lockout.refuse_locked()
    assert refusal.value.details == {"retry_after": pytest.approx(300, abs=1)}


def test_failures_older_than_the_window_do_not_count() -> None:
    lockout = counter(True, *[LOCKING.window] * 4)
    assert not lockout.record_failure()
    assert len(lockout.failures) == 1


def test_delays_grow_and_are_bounded() -> None:
    delays = [counter(False, *[timedelta(minutes=1)] * failures).delay for failures in (0, 3, 4, 5, 8, 9, 99)]
    assert delays == [0.0, 0.0, 0.1, 0.2, 1.6, 3.0, 3.0]
    assert counter(True, *[timedelta()] * 4).delay == 0.0


def test_a_realm_without_locks_refuses_after_a_hundred_failures_in_an_hour() -> None:
    lockout = counter(False, *[timedelta(minutes=59)] * (SLOWING.max_failures - 1))
    lockout.refuse_locked()
    assert not lockout.record_failure()
    with pytest.raises(BadCredentials) as refusal:
        lockout.refuse_locked()
    assert refusal.value.details == {"delay": 3.0}


def test_two_counters_of_one_identifier_are_two_subjects() -> None:
    first, second = counter(True), counter(True)
    second.created_at = first.created_at + timedelta(milliseconds=1)
    assert first.subject != second.subject
