"""Counting of wrong passwords."""

from functools import partial

from contracts.lockout_views import CounterView, LockoutView
from models.errors.auth import BadCredentials
from models.lockouts import Lockout
from models.unit_of_work import UnitOfWork


async def record_failed_attempt(counters: list[Lockout], unit: UnitOfWork) -> BadCredentials:
    """Count a failure, emit it with the first counter's figures, and return the refusal.

    Raises `AuthLocked`, `BadCredentials` beyond the limit.
    """
    lockout, *others = [await unit.lockouts.load(counter) for counter in counters]
    locks = lockout.record_failure()
    for other in others:
        other.record_failure()
        await unit.lockouts.save(other)
    view = partial(lockout_view, address=unit.context.client_address)
    if lockout.user_id is not None:
        unit.add_subject(f"user/{lockout.user_id}")
    unit.emit("auth.sign_in_failed", lockout, view)
    if locks and lockout.locked_until:
        unit.record_lock(lockout.locked_until)
        unit.emit("auth.locked", lockout, view)
    await unit.lockouts.save(lockout)
    return BadCredentials(details={"delay": lockout.delay} if lockout.delay else None)


def lockout_view(lockout: Lockout, address: str | None = None) -> LockoutView:
    """A counter without what it counts by; `address` is where its latest failure came from."""
    fields = lockout.model_dump(include={"realm", "user_id", "locked_until"})
    return LockoutView(**fields, failures=len(lockout.recent_failures), client_address=address)


def counter_view(name: str, lockout: Lockout) -> CounterView:
    """The same, with what it counts by, and how long."""
    told = {"counter": name, "counts_until": lockout.counts_until, "locked_until": lockout.refused_until}
    return CounterView.model_validate(lockout_view(lockout).model_dump() | told)
