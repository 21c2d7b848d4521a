"""Counting failed sign-ins: windows, locks and delays."""

from datetime import timedelta
from itertools import count

import pytest

from models.errors.auth import AuthLocked, BadCredentials
from models.lockouts import LOCKING, SLOWING, Lockout, LockoutRepository, LockoutRule, delay_after
from models.login_identifiers import LoginKeys
from models.secrets.keys import Keys
from models.store.client import Store
from models.store.document import now
from models.store.scope import TransactionScope, provide
from tests.support.stack import SECRET


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
    assert lockout.refused_until is None
    assert not lockout.record_failure()
    with pytest.raises(BadCredentials) as refusal:
        lockout.refuse_locked()
    assert refusal.value.details == {"delay": 3.0}
    assert lockout.refused_until == lockout.failures[0] + SLOWING.window
    assert lockout.counts_until == lockout.failures[-1] + SLOWING.window


def test_a_failure_is_counted_at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    lockout, began, looks = counter(True, *[timedelta(minutes=1)] * 4), now(), count()
    # a clock that goes on by a second whenever it is looked at
    monkeypatch.setattr("models.lockouts.now", lambda: began + timedelta(seconds=next(looks)))
    assert lockout.record_failure()
    ends = lockout.failures[-1] + LOCKING.window
    assert (lockout.expires_at, lockout.locked_until) == (ends, ends)


def test_two_counters_of_one_identifier_are_two_subjects() -> None:
    first, second = counter(True), counter(True)
    second.created_at = first.created_at + timedelta(milliseconds=1)
    assert first.subject != second.subject


def test_a_lock_ends_after_five_minutes_and_says_when() -> None:
    lockout = counter(True, *[timedelta(minutes=1)] * 4)
    assert lockout.record_failure()
    assert lockout.locked_until is not None
    assert timedelta(minutes=4, seconds=50) < lockout.locked_until - now() <= timedelta(minutes=5)
    lockout.locked_until = now() + timedelta(seconds=9.9)
    with pytest.raises(AuthLocked) as refusal:
        lockout.refuse_locked()
    assert refusal.value.details == {"retry_after": 10}
    lockout.locked_until = now() + timedelta(seconds=0.9)
    with pytest.raises(AuthLocked):
        lockout.refuse_locked()
    lockout.locked_until = now() - timedelta(milliseconds=1)
    lockout.refuse_locked()


def test_a_failure_keeps_the_counter_for_its_window_and_forgets_what_is_older() -> None:
    for locking, rule in ((True, LOCKING), (False, SLOWING)):
        lockout = counter(locking, rule.window + timedelta(seconds=1), rule.window - timedelta(seconds=30))
        assert not lockout.record_failure()
        assert (len(lockout.failures), lockout.locked_until, lockout.rule) == (2, None, rule)
        assert timedelta() <= now() + rule.window - lockout.expires_at < timedelta(seconds=10)


def test_a_locking_realm_refuses_by_its_lock_alone() -> None:
    lockout = counter(True, *[timedelta(minutes=1)] * 200)
    lockout.refuse_locked()
    assert lockout.locked_until is None


def test_the_rules_are_those_of_the_documents() -> None:
    assert LockoutRule(timedelta(minutes=5), 5, timedelta(minutes=5)) == LOCKING
    assert LockoutRule(timedelta(hours=1), 100) == SLOWING
    assert [delay_after(failures) for failures in (3, 4, 5, 6, 7, 8, 9, 10_000)] == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3, 3]


def repository() -> LockoutRepository:
    store = Store("mongodb://127.0.0.1:1/userbus")  # which is not asked
    return LockoutRepository(store, TransactionScope(store, provide(None)), Keys(SECRET), LoginKeys("86"))


async def test_guesses_are_counted_by_identifier_where_the_realm_locks_and_by_user_everywhere() -> None:
    counters = repository()
    locking = counters.new_counters("usermgmt", True, "Ada", 7)
    slowing = counters.new_counters("standard", False, "13800138000", 7)
    assert [each.locking for each in locking] == [True, False]
    assert [(each.locking, each.realm, each.user_id) for each in slowing] == [(False, "standard", 7)]
    assert locking[1].id == slowing[0].id == Keys(SECRET).number("lockout", "user:7")
    assert locking[0].id == Keys(SECRET).number("lockout", "typed:ada")
    assert [each.user_id for each in locking] == [7, 7]
    unknown = counters.new_counters("usermgmt", True, "Ada", None)
    assert [each.id for each in unknown] == [
        Keys(SECRET).number("lockout", f"{kind}:ada") for kind in ("typed", "unknown")
    ]
    assert counters.new_counter("usermgmt", True, "ADA", 8).id == locking[0].id
    assert all(each.failures == [] and each.expires_at <= now() for each in (*locking, *slowing))
    await counters.store.close()


async def test_an_unknown_user_is_counted_by_identifier_in_every_realm() -> None:
    counters = repository()
    one, same, other = (counters.new_counter("standard", False, login, None) for login in ("ada", "ADA", "bob"))
    assert one.id == same.id != other.id
    assert one.id == Keys(SECRET).number("lockout", "unknown:ada")
    assert one.id != counters.new_counter("standard", False, "ada", 7).id
    assert one.id != counters.new_counter("usermgmt", True, "ada", None).id
    await counters.store.close()


async def test_unlocking_a_user_finds_each_counter_once() -> None:
    counters = repository()
    number = Keys(SECRET).number
    ids = counters._ids_of(7, ["Ada", "ada@example.com", "ADA"])
    assert ids == [number("lockout", name) for name in ("user:7", "typed:ada", "typed:ada@example.com")]
    await counters.store.close()
